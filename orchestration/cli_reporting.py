"""The command that writes papers. Thin; it calls `publishing.reports`."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from orchestration.cli_values import day, month_option


def register(app: typer.Typer) -> None:
    """Put the command onto `pcw`."""
    app.command()(report)
    app.command()(explain)


def _kinds(typed: str) -> list[str]:
    """Kinds of files."""
    from publishing.reports.writing import KINDS

    asked = [kind.strip() for kind in typed.split(",")]
    if unknown := [kind for kind in asked if kind not in KINDS]:
        raise typer.BadParameter(f"Expected some of {', '.join(KINDS)}, found {', '.join(map(repr, unknown))}.")
    return asked


def report(
    period: Annotated[
        date | None, month_option("Last month of the period. Default: the newest quarter.", "--period")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the papers. Default: PCW_HOME/reports/committee.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="A release by its id. Default: the current one.")] = None,
    as_at: Annotated[
        date | None,
        typer.Option(
            "--as-at", parser=day, metavar="DATE", help="The newest release that `pcw run --as-at DATE` built."
        ),
    ] = None,
    packs: Annotated[
        bool,
        typer.Option("--packs", help="The packs too: savings, access, each practice, neighbourhood and indicator."),
    ] = False,
    kinds: Annotated[
        Any, typer.Option(parser=_kinds, metavar="KINDS", help="What to write, separated by commas.")
    ] = "html,pdf,docx,xlsx",
) -> None:
    """Write the committee's report of a period from a release."""
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing.reports.making import make_reports, release_of

    settings = load_settings()
    home = Home(settings.home)
    made = make_reports(
        release_of(home, release, as_at).path,
        settings.narrative,
        out or home.reports / "committee",
        period=period,
        kinds=kinds,
        with_packs=packs,
        beside=release is not None or as_at is not None,
    )
    for warning in made.warnings:
        typer.echo(f"Warning: {warning}")
    typer.echo(f"Report of {made.period:%B %Y} from release {made.release_id}:")
    for file in made.files:
        if file.stem in ("committee-report", "group-report") or (
            packs and file.name == "index.html" and file.parent.name != "indicators"
        ):
            typer.echo(f"Open {file}")
    if packs:
        typer.echo(f"{len(made.files)} files in all: {made.files[0].parent}")
    else:
        typer.echo("Of practices, neighbourhoods and savings too: pcw report --packs")
    if period is None:
        typer.echo("This is the newest quarter whose months have lists. Of another month: pcw report --period YYYY-MM")


def explain(
    figure: Annotated[str, typer.Argument(help="indicator:organisation, or indicator:organisation:2017-06.")],
    release: Annotated[str | None, typer.Option(help="A release by its id. Default: the current one.")] = None,
    current: Annotated[
        bool, typer.Option("--current", help="Organisations as they are now, not as they were.")
    ] = False,
) -> None:
    """From a figure to its definition, the files that it was read from and the gates that they passed."""
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing.explaining import asked, explain
    from publishing.reports.making import release_of
    from publishing.reports.reader import opened

    wanted = asked(figure)
    with opened(release_of(Home(load_settings().home), release).path) as reader:
        for line in explain(reader, wanted, "current" if current else "as_at"):
            typer.echo(line)
