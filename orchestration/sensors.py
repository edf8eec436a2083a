"""What starts runs by itself: files in the inbox, changed inputs, the calendar; and who is told afterwards."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.inputs import inputs_of
from orchestration.morning import morning
from orchestration.owners import DEFAULT_OWNER, team
from orchestration.peeking import peek
from orchestration.receiving import note_known
from orchestration.resources import WAREHOUSE_POOL, Deployment
from orchestration.submissions import submissions_of
from orchestration.telling import tell
from pcw.errors import PcwError
from pcw.files import read_json
from pcw.home import Home
from pcw.lock import Busy, lease
from pcw.settings import load_settings
from publishing.heartbeat import beat_daemon, beat_run, ping
from publishing.shelf import is_damaged, pin_of
from sources.contracts import load_contracts
from sources.identifiers import redacted
from sources.manifests import Submission
from sources.receipts import is_nothing_new, receive, shown_path, take_away, waiting_files
from sources.sidecars import SIDECAR

EXPECTED = dg.AssetKey(["landing", "expected"])
FILES_PER_TICK = 20
# A tick is cut off after 60 seconds, and then nothing of it counts.
TICK_WAIT_SECONDS = 2.0
LOOK_SECONDS = 20.0
TRIES = 3
RECEIPT_TAG, INPUTS_TAG = "pcw/receipt", "pcw/inputs"
# Jobs that land and release nothing: no release waits for them.
CHANGE_NOTHING = {"look_for_overdue_files", "forget_runs", "report", "copies"}
FINISHED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
UNFINISHED = [status for status in dg.DagsterRunStatus if status not in FINISHED]


def _next_key(instance: dg.DagsterInstance, tag: str, base: str) -> str | None:
    """Run key of the next try; None while a run with this tag is queued, going on or about to be retried.

    Dagster never starts a second run with the same key, so the key counts the tries that ended.

    Raises:
        PcwError: it failed too often.
    """
    runs = instance.get_runs(filters=dg.RunsFilter(tags={tag: base}))
    ended = [run for run in runs if run.is_finished and not run.is_complete_and_waiting_to_retry]
    if len(ended) < len(runs):
        return None
    failed = [run for run in ended if not run.is_success]
    if len(failed) >= TRIES:
        raise PcwError(f"{len(failed)} runs failed, last {failed[0].run_id}; it is not tried again until it changes.")
    return f"{base}|{len(ended)}"


def drop_folder_sensor(landing_jobs: Sequence[Any]) -> dg.SensorDefinition:
    """The sensor that lands files of the inbox through these jobs."""

    @dg.sensor(
        name="drop_folder",
        jobs=landing_jobs,
        minimum_interval_seconds=30,
        description="Lands files of the inbox whose size and time of change were the same at two looks.",
    )
    def drop_folder(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        home = Home(load_settings().home).create()
        beat_daemon(home)
        try:
            with lease(home, "a look into the inbox", wait_seconds=TICK_WAIT_SECONDS):
                return _look_into_inbox(context, home)
        except Busy as busy:
            return dg.SkipReason(f"The next tick looks into the inbox: {busy}")

    return drop_folder


def _look_into_inbox(context: dg.SensorEvaluationContext, home: Home) -> dg.SensorResult:
    """One landing run for each stable file, in the order of the contracts. Only under the lease.

    The cursor keeps of each file how it looked and the tag of its runs, so that a file which is being landed or was
    given up is not read at every tick. A file that cannot be received is left and told of, and stops no other.
    """
    before: dict[str, list[Any]] = json.loads(context.cursor or "{}")
    submissions = submissions_of(home)
    seen: dict[str, list[Any]] = {}
    names: dict[Path, str] = {}
    stable: list[tuple[int, Path]] = []
    for path in waiting_files(home.inbox):
        look = _look_of(path)
        name = names[path] = _cursor_name(path)
        is_same = before.get(name, [])[: len(look)] == look
        seen[name] = before[name] if is_same else [*look, None]
        stable += [(look[0], path)] if is_same else []
    found: dict[str, tuple[int, str, dg.RunRequest]] = {}
    left: list[str] = []
    end = time.monotonic() + LOOK_SECONDS
    for _, path in sorted(stable):  # the small ones, registers among them, are not kept waiting by a large one
        if time.monotonic() > end:
            break
        try:
            base = seen[names[path]][-1]
            if base is not None and _next_key(context.instance, RECEIPT_TAG, base) is None:
                continue
            order, request = _landing_of(home, path, submissions)
            if request is None:
                continue
            base = seen[names[path]][-1] = request.tags[RECEIPT_TAG]
            key = _next_key(context.instance, RECEIPT_TAG, base)
            if key is not None:  # of two copies the second waits for the first
                found.setdefault(key, (order, path.name, request.with_replaced_attrs(run_key=key)))
        except (PcwError, OSError) as error:
            left.append(redacted(f"{path.name} is left where it is: {error}"))
            context.log.warning(left[-1])
    asked = [request for _, _, request in sorted(found.values(), key=lambda item: item[:2])][:FILES_PER_TICK]
    nothing = " ".join([f"{len(seen)} file(s) in {home.inbox}, none of them new and complete.", *left])
    return dg.SensorResult(run_requests=asked, skip_reason=None if asked else nothing, cursor=json.dumps(seen))


def _cursor_name(path: Path) -> str:
    """The name of a file without NHS numbers: Dagster stores cursors. Two that then look alike are kept apart."""
    name = redacted(path.name)
    return name if name == path.name or not path.exists() else f"{name} {path.stat().st_ino}"


def _look_of(path: Path) -> list[int]:
    """Size and time of change of a file, and the latter of its sidecar; -1 for what is not there."""
    sidecar = path.with_name(path.name + SIDECAR)
    facts, beside = (file.stat() if file.exists() else None for file in (path, sidecar))
    return [facts.st_size if facts else -1, facts.st_mtime_ns if facts else -1, beside.st_mtime_ns if beside else -1]


def _landing_of(home: Home, path: Path, submissions: Sequence[Submission]) -> tuple[int, dg.RunRequest | None]:
    """The load order of a file and the run that lands it, still without its key; no run for what is already in force.

    Raises:
        PcwError: the file cannot be received; says why.
    """
    contracts = load_contracts()
    receipt = receive(path, None)
    if is_nothing_new(home, receipt, submissions, contracts, left_in_place=False):
        note_known(home, receipt)
        take_away(home, receipt)
        return 0, None
    found = peek(receipt)
    contract = contracts[found.dataset] if found.dataset else None
    dataset = contract.dataset if contract else "unrecognised"
    return contract.load_order if contract else sys.maxsize, dg.RunRequest(
        job_name=f"land_{dataset}",
        partition_key=found.partition if contract and contract.cadence != "register" else None,
        run_config={
            "ops": {f"landing__{dataset}": {"config": {"path": str(shown_path(path)), "sha256": receipt.sha256}}}
        },
        tags={RECEIPT_TAG: f"{dataset}|{found.partition}|{receipt.sha256}|{receipt.mtime_ns}"},
    )


@dg.sensor(
    name="changed_inputs",
    minimum_interval_seconds=60,
    job_name="release",
    description="Asks for one release when landing, definitions or models are not those of the current release.",
)
def changed_inputs(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One release run for all that was landed; inputs that failed three times are not tried again until they change.

    Tries count for these inputs over this current release: inputs that come back after others are asked for again.
    """
    settings = load_settings()
    home = Home(settings.home).create()
    inputs = inputs_of(home, settings)
    if not any(inputs.in_force.values()):
        return dg.SkipReason("Nothing is landed yet.")
    going_on = context.instance.get_runs(filters=dg.RunsFilter(statuses=UNFINISHED))
    if writing := [run.job_name for run in going_on if run.job_name not in CHANGE_NOTHING]:
        return dg.SkipReason(f"{writing[0]} is queued or going on; one release follows for all that is landed then.")
    wanted = inputs.fingerprint()
    facts = home.published / "current.json"
    release = read_json(facts) if facts.exists() else {"inputs_fingerprint": None, "release_id": "no release"}
    if release["inputs_fingerprint"] == wanted and not is_damaged(home, release["release_id"]):
        return dg.SkipReason("The current release is made of these inputs.")
    tags = {INPUTS_TAG: f"{wanted}|{release['release_id']}"}
    pin = pin_of(home)
    made = dg.RunsFilter(tags=tags, statuses=[dg.DagsterRunStatus.SUCCESS])
    if pin is not None and context.instance.get_runs(filters=made, limit=1):
        return dg.SkipReason(f"A release of these inputs waits; readers see {pin.release_id}, which is pinned.")
    try:
        key = _next_key(context.instance, INPUTS_TAG, tags[INPUTS_TAG])
    except PcwError as error:
        return dg.SkipReason(f"The release of these inputs: {error} Or start the job release by hand.")
    if key is None:
        return dg.SkipReason("The release of these inputs broke off and is about to be retried.")
    return dg.RunRequest(run_key=key, tags=tags)


def _telling_sensor(name: str, status: dg.DagsterRunStatus, description: str) -> dg.SensorDefinition:
    """A sensor that tells owners once for all runs that ended so since it last told.

    Not a run status sensor: that one moves its cursor past a run even if telling failed, and takes a tick for each run.
    """

    @dg.sensor(name=name, minimum_interval_seconds=30, description=description)
    def tell_owners(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        ended = dg.RunsFilter(statuses=[status])
        newest = context.instance.get_run_records(filters=ended, limit=1, order_by="update_timestamp")
        if not newest or (mark := f"{newest[0].update_timestamp} {newest[0].dagster_run.run_id}") == context.cursor:
            return dg.SkipReason("No run ended since owners were told.")
        newest_of_all = context.instance.get_run_records(
            filters=dg.RunsFilter(statuses=[*FINISHED]), limit=1, order_by="update_timestamp"
        )
        settings = load_settings()
        home = Home(settings.home).create()
        try:
            with lease(home, "telling owners", wait_seconds=TICK_WAIT_SECONDS):
                if status == dg.DagsterRunStatus.SUCCESS:
                    beat_run(home, 0)
                told = tell(home, settings, newest_of_all[0].dagster_run.run_id)
        except Busy as busy:
            return dg.SkipReason(f"The next tick tells owners: {busy}")
        context.update_cursor(mark)
        if status == dg.DagsterRunStatus.SUCCESS and (warning := ping(settings.heartbeat_url)):
            context.log.warning(warning)
        return dg.SkipReason(told or "Owners know everything that there is to tell.")

    return tell_owners


tell_after_success = _telling_sensor(
    "tell_after_success",
    dg.DagsterRunStatus.SUCCESS,
    "Tells owners of recoveries, and of failed checks that did not fail their run.",
)
# A dead channel fails the tick, where it is seen, and is tried again at the next.
tell_after_failure = _telling_sensor(
    "tell_after_failure", dg.DagsterRunStatus.FAILURE, "Tells owners of refused files and blocked releases."
)


@dg.asset(
    key=EXPECTED,
    group_name="landing",
    pool=WAREHOUSE_POOL,
    description="The expected-month calendar: which months of which feed should be here and are not.",
    owners=team(DEFAULT_OWNER),
    check_specs=[
        dg.AssetCheckSpec("nothing_is_overdue", asset=EXPECTED, description="Every month that is due was received.")
    ],
)
def expected(deployment: Deployment) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Compare what was received with the calendar of the contracts, as of today; tell owners, with the daily digest."""
    done = morning(deployment.home, deployment.settings)
    late = done.late
    lines = [f"| {item.dataset} | {item.month:%Y-%m} | {item.due} | {item.owner} |" for item in late]
    table = "\n".join(["| feed | month | due by | owner |", "|---|---|---|---|", *lines])
    yield dg.AssetCheckResult(
        asset_key=EXPECTED,
        check_name="nothing_is_overdue",
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(f"{item.dataset} {item.month:%Y-%m} was due by {item.due}" for item in late[:10])
        or "All is here.",
        metadata={"overdue": dg.MetadataValue.md(table)},
    )
    yield dg.MaterializeResult(asset_key=EXPECTED, metadata={"overdue": len(late), "digests": done.digests})
    if done.failures:  # after the work is done: a dead channel is seen, and the next run tries again
        raise dg.Failure(description=" ".join(done.failures))


expected_job = dg.define_asset_job("look_for_overdue_files", selection=[expected], executor_def=dg.in_process_executor)
# Suppliers publish in office hours: in the morning a person can still ask for what is late.
expected_schedule = dg.ScheduleDefinition(
    name="every_morning", job=expected_job, cron_schedule="0 7 * * *", execution_timezone="Europe/London"
)
