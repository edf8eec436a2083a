"""The command `pcw`: thin; each command calls one room or one job.

Imports are inside the commands, so that help is quick.
"""

import errno
import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from orchestration import (
    cli_accepting,
    cli_copies,
    cli_operating,
    cli_reporting,
    cli_sample,
    cli_values,
    cli_watch,
)
from orchestration.cli_values import month_option
from pcw.errors import PcwError
from pcw.leaving import leave

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Primary Care Warehouse: from received files to a released warehouse.",
)

cli_sample.register(app)
cli_operating.register(app)
cli_reporting.register(app)
cli_copies.register(app)

AsAt = Annotated[
    datetime | None,
    typer.Option(
        parser=cli_values.end_of_day,
        metavar="DATE",
        help="Build apart, from what was received up to this date or time.",
    ),
]
ReceivedAt = Annotated[
    datetime | None,
    typer.Option(
        parser=cli_values.moment,
        metavar="DATE",
        help="Moment of receipt of the files, as a date or time; else the clock.",
    ),
]
Port = Annotated[int, typer.Option(parser=cli_values.port, metavar="PORT", help="Port on 127.0.0.1.")]


# What the machine refuses is no defect of ours.
OF_THE_DISK = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
UNTOUCHED = "What readers see is as it was. Put it right and run again; `pcw doctor` says more."


def _say(line: str) -> None:
    typer.echo(line)


@app.command()
def run(
    inbox: Annotated[
        Path | None, typer.Option(help="Folder to read; it is left as it is. Else PCW_HOME/inbox.")
    ] = None,
    as_at: AsAt = None,
    received_at: ReceivedAt = None,
) -> None:
    """Receive, land, gate, build and release. Exit 0: released; 2: something was blocked; 1: error."""
    from orchestration import pipeline
    from pcw.settings import load_settings

    code = pipeline.run(load_settings(), _say, inbox=inbox, as_at=as_at, received_at=received_at)
    raise typer.Exit(code)


@app.command()
def land(
    files: Annotated[list[Path], typer.Argument(help="Files to land; they stay where they are.")],
    dataset: Annotated[str | None, typer.Option(help="The dataset, where the file does not tell.")] = None,
    period: Annotated[date | None, month_option("The month, like 2017-04, where the file does not tell.")] = None,
    received_at: ReceivedAt = None,
) -> None:
    """Land and gate files, without building a release."""
    from orchestration import pipeline
    from pcw.settings import load_settings

    code = pipeline.land_files(load_settings(), _say, files, dataset=dataset, period=period, received_at=received_at)
    raise typer.Exit(code)


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Feeds, submissions, last verdicts and the current release. Exit 1: an alert channel is dead."""
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing.status import render
    from publishing.status import status as state_of

    state = state_of(Home(load_settings().home))
    _say(json.dumps(state, indent=2) if as_json else render(state))
    if state["dead_channels"]:
        raise typer.Exit(1)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Release to compare with: its folder in published/releases/.")],
    after: Annotated[str, typer.Argument(help="Release that is compared.")],
    in_full: Annotated[bool, typer.Option("--all", help="List every change, however many they are.")] = False,
) -> None:
    """What changed between two releases: few changes one by one, many by table and indicator."""
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing.diff import diff_files
    from publishing.diff_text import FEW, render
    from publishing.shelf import find_release

    home = Home(load_settings().home)
    found = diff_files(find_release(home, before).path, find_release(home, after).path, limit=None if in_full else FEW)
    _say(render(found, in_full=in_full))


@app.command()
def rollback(
    release: Annotated[
        str | None, typer.Argument(help="Release to go back to; else the one before the current.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; shown until it is unpinned.")] = "",
    unpin: Annotated[bool, typer.Option("--unpin", help="Go forward to the newest release again.")] = False,
) -> None:
    """Show readers an earlier release, and keep it so until it is unpinned."""
    from orchestration import copying
    from orchestration.page_guard import spared
    from orchestration.quality import write_index
    from pcw.home import Home
    from pcw.lock import lease
    from pcw.settings import load_settings
    from publishing import rollback as room

    settings = load_settings()
    home = Home(settings.home)
    if not unpin and not reason:
        raise PcwError("Say why with --reason; it is shown to everybody until the release is unpinned.")
    with lease(home, "pcw rollback"):
        shown = room.unpin(home) if unpin else room.rollback(home, release, reason=reason, at=datetime.now(UTC))
        spared(lambda: write_index(home, datetime.now(UTC)))
    _say(f"Readers see {shown.release_id}. {shown.message}")
    for line in copying.take_postgres_along(home, settings):
        _say(line)


@app.command()
def ui(port: Port = 3000) -> None:
    """Dagster UI and daemon of this deployment, on 127.0.0.1. Ctrl-C ends both."""
    from orchestration.serving import serve
    from pcw.settings import load_settings

    raise typer.Exit(serve(load_settings(), port, _say))


@app.command()
def webserver(
    port: Port = 3000,
    read_only: Annotated[bool, typer.Option("--read-only", help="Refuse every change: for analysts.")] = False,
    path_prefix: Annotated[str, typer.Option(help="Path below which a proxy shows it, like /analysts.")] = "",
) -> None:
    """The Dagster UI alone, on 127.0.0.1, as a service: see deploy/README.md."""
    from orchestration.serving import become, webserver_command
    from pcw.ports import assert_free
    from pcw.settings import load_settings

    assert_free(port, "pcw webserver --port")
    become(load_settings(), webserver_command(port, read_only=read_only, path_prefix=path_prefix))


@app.command()
def daemon(
    is_alive: Annotated[bool, typer.Option("--is-alive", help="Only ask whether it is; exit 1 if not.")] = False,
) -> None:
    """The Dagster daemon alone, as a service: sensors, schedules and the runs that they start. One per deployment."""
    from orchestration.serving import DAEMON, DAEMON_IS_ALIVE, become
    from pcw.home import Home
    from pcw.settings import load_settings
    from publishing.heartbeat import beat_daemon

    settings = load_settings()
    if not is_alive:
        beat_daemon(Home(settings.home).create())  # from now on it is missed when it falls silent
    become(settings, DAEMON_IS_ALIVE if is_alive else DAEMON)


cli_accepting.register(app)
cli_watch.register(app)


def main() -> None:
    """Run a command; an error that people should read is one sentence, without a traceback."""
    try:
        app()
    except PcwError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        typer.echo(f"Error: {error.filename or 'The disk'} cannot be written: {error.strerror}. {UNTOUCHED}", err=True)
        sys.exit(1)


def program() -> None:
    """The program `pcw`: the same, and the process ends at once when it is done."""
    try:
        main()
    except SystemExit as ended:
        leave(ended.code)
