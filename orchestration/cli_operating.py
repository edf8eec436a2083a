"""Commands of those who operate a warehouse: doctor, backup, restore, purge. Thin; each calls one room."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_values import days
from pcw.errors import PcwError

NOTHING_TO_DO, SOMETHING_TO_DO = 0, 2


def register(app: typer.Typer) -> None:
    """Put these commands onto `pcw`."""
    for command in (doctor, backup, restore, purge):
        app.command()(command)


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read every byte that landed and was released.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what is wrong and what to do about it; repairs nothing. Exit 0: nothing to do; 2: something."""
    from orchestration.doctor import examine, render
    from pcw.settings import load_settings

    settings = load_settings()
    findings = examine(settings, deep=deep)
    said = json.dumps([asdict(finding) for finding in findings], indent=2)
    typer.echo(said if as_json else render(findings, settings.home, deep=deep))
    raise typer.Exit(SOMETHING_TO_DO if any(finding.is_todo for finding in findings) else NOTHING_TO_DO)


def backup(
    to: Annotated[Path, typer.Argument(help="Folder of backups; each becomes a folder in it, named by its moment.")],
    history: Annotated[bool, typer.Option("--history", help="Also the history of runs that the UI shows.")] = False,
) -> None:
    """Copy what cannot be made again: landing, quarantine, releases, alerts. What is known already is linked."""
    from pcw.home import Home
    from pcw.lock import lease
    from pcw.settings import load_settings
    from publishing.backup import backup as make

    home = Home(load_settings().home)
    if not home.root.is_dir():
        raise PcwError(f"{home.root} does not exist, so there is nothing to back up.")
    with lease(home, "pcw backup"):
        made = make(home, to, at=datetime.now(UTC), with_history=history)
    typer.echo(
        f"Backup {made.folder}: {made.files} files, {made.byte_count / 1e6:.1f} MB; {made.copied} "
        "copied, the others are "
        "those of the backup before. It holds exact small counts: keep it as private as PCW_HOME."
    )


def restore(
    source: Annotated[Path, typer.Argument(help="A backup, or a folder of backups, of which the newest is taken.")],
) -> None:
    """Make an empty PCW_HOME from a backup, every file proven by its hash."""
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing.backup import restore as make

    home = Home(load_settings().home)
    made = make(home, source.absolute())
    home.create()
    typer.echo(
        f"Restored {home.root} from {made.folder}: {made.files} files, {made.byte_count / 1e6:.1f} MB. Readers see its "
        "release again. `pcw run` goes on from there; send again what was received since."
    )


def purge(
    dataset: Annotated[str, typer.Option(help="The dataset.")],
    older_than: Annotated[int, typer.Option(parser=days, metavar="DAYS", help="Days since receipt, like 90 or 90d.")],
    reason: Annotated[str, typer.Option(help="Why; it stays in the manifest.")],
    current: Annotated[bool, typer.Option("--current", help="Also what figures of today rest on.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove rows and bytes of old submissions; their manifests stay. Only what is superseded, unless --current."""
    from orchestration.submissions import submissions_of
    from pcw.home import Home
    from pcw.lock import lease
    from pcw.settings import load_settings
    from sources import retention
    from sources.contracts import load_contracts

    home, now = Home(load_settings().home), datetime.now(UTC)
    if not reason.strip():
        raise PcwError("Say why with --reason; it stays in the manifest of what is gone.")
    with lease(home, "pcw purge"):
        submissions = submissions_of(home)
        before = now - timedelta(days=older_than)
        planned = retention.plan(submissions, load_contracts(), dataset, before, with_current=current)
        if not dry_run:
            retention.finish(home, submissions)
            retention.purge(home, planned, reason=reason, at=now)
    done = "Would purge" if dry_run else "Purged"
    for submission in planned.purge:
        is_current = " (was current)" if submission.submission_id in planned.current else ""
        typer.echo(f"{done} {submission.file_name}, {submission.received_at:%Y-%m-%d}{is_current}")
    typer.echo(
        f"{len(planned.purge)} of {dataset} {'would be ' if dry_run else ''}purged, {len(planned.kept)} as old kept "
        "because every build reads them."
        + (" Releases and backups made before hold what they held." if planned.purge else "")
        + (" `pcw run` makes a release without what was current." if planned.purge and current else "")
    )
