"""The whole job from the shell: receive what waits, land, build, release, tell.

The same Dagster jobs as in the UI, in one process.

Nothing heavy is imported before it is known that there is work: learning that nothing changed takes a second or two.
"""

import signal
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from dbt_project.feeds import Inputs
from dbt_project.warehouse import damage_of, discard
from orchestration import copying, interrupting, page_mark
from orchestration.damaged_releases import untold, warnings
from orchestration.inputs import inputs_of, lost_files, lost_sentence
from orchestration.landing import gates_hash
from orchestration.landing_all import Say, Work, land_all
from orchestration.receiving import (
    already_in_force,
    check_clock,
    close_what_came_again,
    known_by_another_name,
    note_known,
    put_there,
)
from orchestration.submissions import submissions_of
from pcw import ending
from pcw.errors import PcwError
from pcw.files import read_json, write_atomically
from pcw.home import Home
from pcw.lock import lease
from pcw.settings import Settings
from publishing import copies, shelf
from publishing.heartbeat import DID_ITS_WORK, beat_run, ping
from publishing.messages import plural
from publishing.outbox import undelivered
from sources.contracts import load_contracts
from sources.landing import read_refusals, sweep
from sources.receipts import Receipt, is_nothing_new, lies_still, receive, take_away, waiting_files


def run(
    settings: Settings, say: Say, *, inbox: Path | None, as_at: datetime | None, received_at: datetime | None
) -> int:
    """Receive, land, build and release; returns the exit code: 0 released, 2 something was blocked, 1 error.

    A signal that ends it (Ctrl-C) is told in one sentence, and gives the exit code that shells expect: 130.

    Args:
        inbox: a folder that is read and left as it is; without it PCW_HOME/inbox, whose files leave it on receipt.
        as_at: build apart, from what was received up to then.
        received_at: moment of receipt of every file of this run.
    """
    home = Home(settings.home).create()
    if inbox is not None and not inbox.is_dir():
        raise PcwError(f"The inbox {inbox} is not a folder. Give the folder that holds the files.")
    work, release = Work(), shelf.current_id(home)
    with ending.noticed():
        try:
            return _run(home, settings, work, say, inbox, as_at, received_at)
        except KeyboardInterrupt:
            return _interrupted(home, work, say, release)


def _run(
    home: Home,
    settings: Settings,
    work: Work,
    say: Say,
    inbox: Path | None,
    as_at: datetime | None,
    received_at: datetime | None,
) -> int:
    with lease(home, "pcw run"):
        sweep(home)
        shelf.repair(home)
        copies.sweep(home)
        copies.follow(home)
        if inbox is not None or as_at is None:
            _look(work, home, inbox or home.inbox, received_at, left_in_place=inbox is not None)
        inputs = inputs_of(home, settings)
        page_mark.keep_up(home)
        for problem in [*warnings(home), *(f"Error: {problem}" for problem in work.failed)]:
            say(problem)
        for line in (*work.renamed, *(already_in_force(work.known) if work.new and inbox is None else ())):
            say(line)
        if not work.new and as_at is None and _is_released(home, inputs):
            _nothing_new(home, settings, work, say)
            # what a dead channel has left is tried again, and what a run that was ended has not told
            told_late = undelivered(home) or untold(home) or copying.untold(home, settings, work.asked) or work.uncopied
            if told_late or home.telling_due.exists():
                _tell(home, settings, work, say)
        else:
            _work_off(home, settings, work, say, as_at)
        if as_at is None:
            beat_run(home, work.code_of_work)
    if as_at is None and work.exit_code in DID_ITS_WORK and (warning := ping(settings.heartbeat_url)):
        say(f"Warning: {warning}")
    return work.exit_code


def _work_off(home: Home, settings: Settings, work: Work, say: Say, as_at: datetime | None) -> None:
    """Land what is new, release what changed, tell owners."""
    _check_channels(settings)
    check_clock(home, work.new)
    write_atomically(home.telling_due, "")
    land_all(home, settings, work, say)
    inputs = inputs_of(home, settings, as_at)
    if not any(inputs.in_force.values()):
        known = f"Nothing was received up to {as_at:%Y-%m-%d}" if as_at else "Nothing is landed yet"
        say(f"{known}, so there is nothing to release.")
    elif as_at is None and _is_released(home, inputs):
        say(f"What is landed is what the current release is made of: {home.published / 'current.duckdb'} stays.")
    else:
        _release(home, settings, work, say, as_at)
    if as_at is None:
        work.uncopied += copying.make_lacking(home, settings, say, work.asked) or []
    _tell(home, settings, work, say)


def land_files(
    settings: Settings,
    say: Say,
    files: Sequence[Path],
    *,
    dataset: str | None,
    period: Any,
    received_at: datetime | None,
) -> int:
    """Land and gate the files given, which stay where they are; no release. Ends by a signal as `run` does."""
    home = Home(settings.home).create()
    work, release = Work(), shelf.current_id(home)
    with ending.noticed():
        try:
            return _land_files(home, settings, work, say, files, dataset, period, received_at)
        except KeyboardInterrupt:
            return _interrupted(home, work, say, release)


def _interrupted(home: Home, work: Work, say: Say, release: str | None) -> int:
    number = ending.ended_by() or signal.SIGINT
    say(interrupting.sentence(home, work.landed_in(home), len(work.new), release))
    return ending.BY_SIGNAL + number


def _land_files(
    home: Home,
    settings: Settings,
    work: Work,
    say: Say,
    files: Sequence[Path],
    dataset: str | None,
    period: Any,
    received_at: datetime | None,
) -> int:
    with lease(home, "pcw land"):
        sweep(home)
        submissions, contracts = submissions_of(home), load_contracts()
        for path in files:
            receipt = receive(path, received_at, dataset, period)
            known = is_nothing_new(home, receipt, submissions, contracts, left_in_place=False)
            (work.known if known else work.new).append(receipt)
        for receipt in work.known:
            say(known_by_another_name(receipt, submissions) or f"Nothing new: {receipt.name} is already in force.")
        check_clock(home, work.new)
        write_atomically(home.telling_due, "")
        came = [(receipt.sha256, receipt.name, receipt.received_at) for receipt in work.known]
        close_what_came_again(home, submissions, contracts, came)
        land_all(home, settings, work, say)
        _tell(home, settings, work, say)
    return work.exit_code


def _check_channels(settings: Settings) -> None:
    """A malformed address is refused before any work, not when somebody must be told."""
    if settings.alert_urls:
        from publishing.channels import check_channels

        check_channels([url.get_secret_value() for url in settings.alert_urls], load_contracts())


def _look(work: Work, home: Home, folder: Path, received_at: datetime | None, *, left_in_place: bool) -> None:
    """Sort the waiting files into new ones, known ones, and ones that the same gates refused before."""
    submissions, contracts = submissions_of(home), load_contracts()
    refusals = {refusal["sha256"]: refusal for refusal in read_refusals(home)}
    gates = gates_hash(home)
    again: list[Receipt] = []
    for path in waiting_files(folder):
        try:
            receipt = receive(path, received_at)
        except PcwError as error:  # a sidecar that does not fit stops its file, not the others
            work.failed.append(str(error))
            continue
        refusal = refusals.get(receipt.sha256)
        if is_nothing_new(home, receipt, submissions, contracts, left_in_place=left_in_place):
            work.known.append(receipt)
            work.renamed += filter(None, [known_by_another_name(receipt, submissions)])
            if refusals and left_in_place and not lies_still(home, receipt, submissions):
                note_known(home, put_there(receipt, received_at))
        elif left_in_place and refusal is not None and refusal["gates_hash"] == gates:
            if refusal.get("closed"):
                work.known.append(receipt)
                continue
            work.refused_before.append((receipt, refusal["message"]))
            again.append(receipt)
        else:
            work.new.append(receipt)
    if work.new:  # what came with them may let a refused file through: a register, a month to compare with
        work.new, work.refused_before = work.new + again, []
    if not left_in_place:
        for receipt in work.known:
            note_known(home, receipt)
            take_away(home, receipt)


def _is_released(home: Home, inputs: Inputs) -> bool:
    """Whether readers see a release of these inputs; one that cannot be read is made again."""
    release = shelf.current_release(home)
    return release is not None and release.inputs_fingerprint == inputs.fingerprint()


def _nothing_new(home: Home, settings: Settings, work: Work, say: Say) -> None:
    known = f"{plural(len(work.known), 'file')} known" if work.known else "no file waits"
    release = read_json(home.published / "current.json")["release_id"]
    say(f"Nothing new: {known}, release {release} is current and made of the same inputs.")
    for receipt, message in work.refused_before:
        say(f"Still refused: {receipt.name}: {message}")
    say(f"Open {home.published / 'current.duckdb'}")
    failed = copying.make_lacking(home, settings, say, work.asked)
    work.uncopied += failed or []
    for place in copying.places(home, settings, work.asked) if failed is None else ():
        say(place)


def _release(home: Home, settings: Settings, work: Work, say: Say, as_at: datetime | None) -> None:
    from orchestration.build import build_defs
    from orchestration.job_runner import JobRunner

    say("Building and gating the release ...")
    if as_at is not None:
        with suppress(FileNotFoundError):
            (home.work / "as-at.duckdb").unlink()
    if as_at is None and (lost := lost_files(home, submissions_of(home))):
        say(f"Warning: {lost_sentence(home, lost)}")
    if as_at is None and (damage := damage_of(home.warehouse, deep=False)):
        _rebuild(home, damage, say)
    defs = build_defs(as_at.isoformat() if as_at else None)
    outcome = JobRunner(home, defs).execute("release", None, {}, say)
    if outcome.error is not None and as_at is None and (damage := damage_of(home.warehouse, deep=True)):
        _rebuild(home, damage, say)
        outcome = JobRunner(home, defs).execute("release", None, {}, say)
    is_well = work.went_well(outcome, say, error="Error", refusal="Blocked")
    if is_well and "release_id" not in (facts := outcome.metadata):
        problem = f"Run {outcome.run_id} ended without a release: a step before it told nothing. `pcw ui` shows which."
        work.failed.append(problem)
        say(f"Error: {problem}")
    elif is_well:
        say(f"Release {facts['release_id']} (content hash {facts['content hash'][:12]}). {facts['message']}".rstrip())
        say(f"Open {facts['file'] if as_at else home.published / 'current.duckdb'}")
        say(f"The committee's report from it: pcw report{f' --as-at {as_at:%Y-%m-%d}' if as_at else ''}")
    ending.stop_if_ended()


def _rebuild(home: Home, damage: str, say: Say) -> None:
    discard(home.warehouse)
    say(f"{home.warehouse} cannot be read ({damage}). It holds nothing of its own: it is built again from landing.")


def _tell(home: Home, settings: Settings, work: Work, say: Say) -> None:
    """Tell owners what was blocked or withheld, and what recovered; a channel that is dead is an error that is seen."""
    from orchestration.telling import tell

    try:
        told = tell(home, settings, work.run_id, work.asked)
    except PcwError as error:
        work.untold.append(str(error))
        say(f"Error: {error}")
        return
    home.telling_due.unlink(missing_ok=True)
    if told:
        say(told)
