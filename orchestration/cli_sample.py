"""`pcw sample`: feed files to try things with, of a commissioner or at the size of England.

Belongs here: the options, and which of them go together. What is written belongs to `sources.synthetic`.
"""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_values import month_option, number_option
from pcw.errors import PcwError


class Scale(StrEnum):
    """How much a sample is of."""

    commissioner = "commissioner"
    england = "england"


#: Options that are of one scale alone, by parameter.
OF_A_COMMISSIONER = {
    "first": "--from", "last": "--to", "practices": "--practices", "faults": "--faults", "truth": "--truth",
    "finance_from": "--finance-from", "finance_to": "--finance-to", "world": "--world",
}  # fmt: skip
OF_ENGLAND = {"month": "--month", "feeds": "--feeds", "fraction": "--fraction"}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command()(sample)


def sample(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder for the feed files; truth/ is written below it.")],
    first: Annotated[date, month_option("First month.", "--from", shown="2016-04")] = date(2016, 4, 1),
    last: Annotated[date, month_option("Last month.", "--to", shown="2017-07")] = date(2017, 7, 1),
    practices: Annotated[int, number_option("Practices of the commissioner.")] = 92,
    seed: Annotated[int, number_option("Another seed gives other figures.")] = 20170829,
    faults: Annotated[
        str,
        typer.Option(
            help="Faults to put into the files, separated by commas; NAME@2017-03 damages that month, not the last."
        ),
    ] = "",
    truth: Annotated[bool, typer.Option(help="Also work out the expected answers, in plain Python.")] = True,
    finance_from: Annotated[date | None, month_option("First month of finance alone, beside the others.")] = None,
    finance_to: Annotated[date | None, month_option("Last month of finance alone.")] = None,
    world: Annotated[
        str, typer.Option(help="Whose sample: liverpool, llr, or the path of a description.")
    ] = "liverpool",
    scale: Annotated[
        Scale, typer.Option(help="england: a month of 6,500 practices of 106 commissioners, without expected answers.")
    ] = Scale.commissioner,
    month: Annotated[date | None, month_option("The month of --scale england.")] = None,
    feeds: Annotated[
        str, typer.Option(help="Feeds of --scale england, separated by commas, like epd,sus_opa,small; else all.")
    ] = "",
    fraction: Annotated[float, typer.Option(help="Share of --scale england that is written, like 0.01.")] = 1.0,
) -> None:
    """Write realistic feed files in their real formats, and the expected answers."""
    foreign = OF_A_COMMISSIONER if scale is Scale.england else OF_ENGLAND
    strange = [option for name, option in foreign.items() if _is_typed(context, name)]
    if strange:
        raise PcwError(f"--scale {scale.value} has no {', '.join(strange)}; leave it out, or choose the other scale.")
    if scale is Scale.england:
        _england(out, month, feeds, fraction, seed)
        return
    from sources.synthetic.sample import write_sample

    named = [name for name in faults.split(",") if name]
    if bool(finance_from) != bool(finance_to):
        raise PcwError("A span of finance needs both --finance-from and --finance-to; one of them was given.")
    finance = (finance_from, finance_to) if finance_from and finance_to else None
    summary = write_sample(
        out, first, last, practices=practices, seed=seed, faults=named, with_truth=truth, finance=finance, world=world
    )
    answers = " and truth/" if truth else ""
    typer.echo(f"Wrote {len(summary.files)} feed files ({summary.byte_count / 1e6:.0f} MB){answers} to {out}.")


def _is_typed(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _england(out: Path, month: date | None, feeds: str, fraction: float, seed: int) -> None:
    from sources.synthetic.england import write_england

    if month is None:
        raise PcwError("--scale england writes one month; say which, like --month 2017-06.")
    named = [name.strip() for name in feeds.split(",") if name.strip()]
    summary = write_england(out, month, fraction=fraction, feeds=named, seed=seed)
    typer.echo(
        f"Wrote {len(summary.files)} feed files ({summary.byte_count / 1e6:.0f} MB) of {summary.practices:,} practices "
        f"to {out}.\nPCW_COMMISSIONER={summary.commissioner}"
    )
