"""How long runs are kept: for PCW_KEEP_RUNS_DAYS, and longer where something current hangs on them.

Dagster's `delete_run` takes the materialisations of a run with it, so that an asset whose newest run goes looks as if
it had never been made. Ticks are purged by dagster.yaml; files, releases and alerts are not Dagster's and not of here.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.sensors import FINISHED, INPUTS_TAG, RECEIPT_TAG, TRIES
from pcw.home import Home
from pcw.settings import load_settings

# One run per asset, partition and kind of event, and one per check and partition: the newest. A planned materialisation
# is the newest try, also one that failed. In SQLite the index holds the events of assets and no others.
CURRENT = """
select run_id from event_logs where id in (
    select max(id) from event_logs
    where asset_key is not null and dagster_event_type in (
        'ASSET_MATERIALIZATION', 'ASSET_OBSERVATION', 'ASSET_MATERIALIZATION_PLANNED', 'ASSET_FAILED_TO_MATERIALIZE'
    )
    group by asset_key, partition, dagster_event_type
)
union
select run_id from asset_check_executions where id in (
    select max(id) from asset_check_executions group by asset_key, check_name, partition
)
union
select run_id from asset_check_executions where id in (
    select max(id) from asset_check_executions
    where execution_status <> 'PLANNED' group by asset_key, check_name, partition
)
"""


def current_runs(instance: dg.DagsterInstance) -> set[str]:
    """Ids of the runs that made what Dagster shows as the present state of any asset, month or check."""
    from sqlalchemy import text

    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        return {row[0] for row in connection.execute(text(CURRENT))}


def forget_old_runs(instance: dg.DagsterInstance, home: Home, before: datetime) -> Counter[str]:
    """Delete runs that began before and on which nothing current hangs; how many were kept and deleted."""
    old = instance.get_runs(filters=dg.RunsFilter(statuses=list(FINISHED), created_before=before))
    current = current_runs(instance)
    free = {run.run_id for run in old} - current
    needed = {run.run_id for run in old if run.run_id in free and _is_counted(instance, run, free)}
    for run_id in sorted(free - needed):
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        for ending in ("", "-wal", "-shm"):  # SQLite has a file for each run, which deleting its events only empties
            (home.dagster / "history" / "runs" / f"{run_id}.db{ending}").unlink(missing_ok=True)
    return Counter({"old": len(old), "kept": len(old) - len(free - needed), "deleted": len(free - needed)})


def _is_counted(instance: dg.DagsterInstance, run: dg.DagsterRun, free: set[str]) -> bool:
    """Whether a sensor still counts this run: tries of one file, or of one set of inputs, go together or not at all.

    What was given up stays, since its failures are what stops a fourth try.
    """
    return any(
        not {sibling.run_id for sibling in tries} <= free or sum(not sibling.is_success for sibling in tries) >= TRIES
        for tries in _tries(instance, run, (RECEIPT_TAG, INPUTS_TAG))
    )


def _tries(instance: dg.DagsterInstance, run: dg.DagsterRun, tags: Iterable[str]) -> Iterator[list[dg.DagsterRun]]:
    for tag in tags:
        if tag in run.tags:
            yield list(instance.get_runs(filters=dg.RunsFilter(tags={tag: run.tags[tag]})))


def _now() -> datetime:
    return datetime.now(UTC)


@dg.op(description="Deletes runs older than PCW_KEEP_RUNS_DAYS, never one that made what is current.")
def forget(context: dg.OpExecutionContext) -> None:
    """Delete what may go, as of now, and say how much it was."""
    settings = load_settings()
    before = _now() - timedelta(days=settings.keep_runs_days)
    found = forget_old_runs(context.instance, Home(settings.home), before)
    context.log.info(
        f"Of {found['old']} run(s) before {before:%Y-%m-%d}, {found['deleted']} were deleted and {found['kept']} kept: "
        "something current hangs on them."
    )


@dg.job(
    executor_def=dg.in_process_executor, description="Retention of runs, which never erases a current materialisation."
)
def forget_runs() -> None:
    """The one step of retention."""
    forget()


# It runs unless somebody stops it: a disk that fills up is noticed when it is full.
every_night = dg.ScheduleDefinition(
    name="every_night",
    job=forget_runs,
    cron_schedule="30 2 * * *",
    execution_timezone="Europe/London",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
