"""Commands by which people overrule the gates or the ledger, by name and with a reason: `pcw waive`, `pcw withdraw`,
`pcw quarantine`.
"""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from orchestration.cli_values import day, month_option
from pcw.errors import PcwError
from pcw.home import Home


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    app.command()(waive)
    app.command()(withdraw)
    app.command()(quarantine)


def waive(
    check: Annotated[str, typer.Argument(help="Like sus_quality.activity_stands, as `pcw status` shows it.")] = "",
    month: Annotated[date | None, month_option("Month of the finding, like 2020-04.")] = None,
    provider: Annotated[str | None, typer.Option(help="Provider; else every one.")] = None,
    specialty: Annotated[str | None, typer.Option(help="Treatment function; else every one.")] = None,
    practice: Annotated[str | None, typer.Option(help="Practice; else every one.")] = None,
    rule: Annotated[list[str] | None, typer.Option(help="Rule of the finding; else those that found it.")] = None,
    file: Annotated[str | None, typer.Option(help="Name or hash of a refused file that is to be let in.")] = None,
    until: Annotated[
        date | None, typer.Option(parser=day, metavar="DAY", help="Last day, at most a year ahead, like 2020-12-31.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who accepts it; published.")] = "",
    reason: Annotated[str, typer.Option(help="Why; published.")] = "",
    end: Annotated[str | None, typer.Option(help="End this waiver instead.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="Show the waivers instead.")] = False,
) -> None:
    """Accept what a gate found, by name, with a reason, until a day; the next run goes by it."""
    from orchestration import waiving
    from orchestration.page_guard import spared
    from orchestration.quality import write_all
    from pcw.lock import lease
    from pcw.settings import load_settings

    home, now = Home(load_settings().home), datetime.now(UTC)
    if listed:
        _list(home, now)
        return
    if end is not None:
        with lease(home, "pcw waive"):
            ended = waiving.end(home, end, by=by, at=now)
            spared(lambda: write_all(home, now))
        typer.echo(f"Waiver {ended.waiver_id} is ended. `pcw run` withholds again what it accepted.")
        return
    if not check or until is None:
        raise PcwError(
            "Say what is accepted and until when: pcw waive CHECK --month ... --until ... --by ... --reason ..."
        )
    finding = waiving.Finding(check, month, provider, specialty, practice, tuple(rule or ()), file)
    with lease(home, "pcw waive"):
        waiver, accepted = waiving.grant(home, finding, by=by, reason=reason, until=until, at=now)
        spared(lambda: write_all(home, now))
    for line in accepted[:20]:
        typer.echo(f"Accepted: {line}")
    if len(accepted) > 20:
        typer.echo(f"... and {len(accepted) - 20} more")
    typer.echo(f"Waiver {waiver.waiver_id} holds until {waiver.until}. {_next(waiver.file_sha256)}")


def withdraw(
    submission: Annotated[str, typer.Argument(help="Its id, dataset/id, or the name of its file.")],
    by: Annotated[str, typer.Option(help="Who withdraws it; published.")] = "",
    reason: Annotated[str, typer.Option(help="Why; published.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Let it count again.")] = False,
) -> None:
    """Let a landed file count no more; it stays landed and listed, and the next run goes by it."""
    from orchestration.page_guard import spared
    from orchestration.quality import write_all
    from orchestration.submissions import submissions_of
    from pcw.lock import lease
    from pcw.settings import load_settings
    from sources import withdrawals

    home, now = Home(load_settings().home), datetime.now(UTC)
    with lease(home, "pcw withdraw"):
        found = withdrawals.find_submission(submissions_of(home), submission)
        if undo:
            withdrawals.reinstate(home, found, at=now)
        else:
            withdrawals.withdraw(home, found, by=by, reason=reason, at=now)
        spared(lambda: write_all(home, now))
    months = ", ".join(f"{facts.period:%Y-%m}" for facts in found.periods)
    counts, how = ("again", "with") if undo else ("no more", "without")
    typer.echo(f"{found.dataset} {months}: {found.file_name} counts {counts}. `pcw run` builds and releases {how} it.")


def quarantine(
    retry: Annotated[str | None, typer.Option(help="Put this file (name or folder) back into the inbox.")] = None,
    close: Annotated[
        str | None, typer.Option(help="Nobody will correct this file (name or folder): it stays, and its alert closes.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who closes it; its owner is told.")] = "",
    reason: Annotated[str, typer.Option(help="Why; its owner is told.")] = "",
) -> None:
    """Refused files, why they were refused, and what became of them."""
    from orchestration.page_guard import spared
    from orchestration.quality import write_all
    from pcw.lock import lease
    from pcw.settings import load_settings
    from sources import landing

    home, now = Home(load_settings().home), datetime.now(UTC)
    if retry is not None and close is not None:
        raise PcwError("A file is tried again (--retry) or closed (--close), not both.")
    if retry is not None:
        path = landing.restore_refused(home, retry)
        typer.echo(f"{path.name} waits in the inbox again. `pcw run` asks today's gates.")
    elif close is not None:
        with lease(home, "pcw quarantine"):
            refusal = landing.find_refused(home, close)
            home.telling_due.touch()  # before: whoever is killed between the two is told of nothing, and not never
            landing.close_refused(home, refusal, by=by, reason=reason, at=now)
            spared(lambda: write_all(home, now))
        typer.echo(f"{refusal['file_name']} is closed, and stays where it is. `pcw run` tells its owner.")
    else:
        _list_refused(home)


def _list_refused(home: Home) -> None:
    from orchestration.submissions import submissions_of
    from publishing.refusals import accepted_of, read_refusals
    from sources.contracts import load_contracts
    from sources.ledger import standing

    accepted = accepted_of(standing(submissions_of(home)), load_contracts())
    refusals = read_refusals(home)
    for one in refusals:
        typer.echo(
            f"{one.received_at:%Y-%m-%d %H:%M} [{one.standing(accepted)}] {one.file_name} "
            f"(folder {one.sha256[:16]}, gate {one.stage}): {one.message}"
        )
    if not refusals:
        typer.echo("No file was refused.")


def _list(home: Home, now: datetime) -> None:
    from expectations.waivers import read_waivers

    waivers = read_waivers(home.waivers)
    for w in waivers:
        narrowed = [w.provider_code, w.treatment_function_code, w.practice_code, *w.rules]
        what = ", ".join([f"{w.month:%Y-%m}"] if w.month else []) + "".join(f" {value}" for value in narrowed if value)
        state = "in force" if w.holds(now) else f"ended by {w.ended_by}" if w.ended_at else "run out"
        typer.echo(f"{w.waiver_id} [{state}] {w.suite}.{w.check} {what}: until {w.until}, {w.granted_by}: {w.reason}")
    if not waivers:
        typer.echo("Nothing was ever waived.")


def _next(file_sha256: str | None) -> str:
    if file_sha256 is None:
        return "`pcw run` goes by it."
    return "Put the file into the inbox again, or run `pcw run` with the folder that holds it."
