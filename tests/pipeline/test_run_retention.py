"""Retention of runs, on SQLite and on a real PostgreSQL: what is old goes, what is current stays as it was seen."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import text

from orchestration.instance import POSTGRES_URL, open_instance
from orchestration.retention import every_night, forget_old_runs, forget_runs
from orchestration.sensors import RECEIPT_TAG
from pcw.home import Home
from tests.services import POSTGRES, postgres

MONTHS = dg.MonthlyPartitionsDefinition("2017-01-01")
MONTHLY, WHOLE = dg.AssetKey("monthly"), dg.AssetKey("whole")
STORAGES = [
    "sqlite",
    pytest.param("postgres", marks=[pytest.mark.skipif(POSTGRES is None, reason="no PostgreSQL"), pytest.mark.slow]),
]


class Given(dg.Config):
    """What a run is told to do."""

    passes: bool = True
    fails: bool = False


@dg.asset(
    key=MONTHLY, partitions_def=MONTHS, check_specs=[dg.AssetCheckSpec("gate", asset=MONTHLY, partitions_def=MONTHS)]
)
def monthly(config: Given) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    if config.fails:
        raise dg.Failure("refused")
    yield dg.AssetCheckResult(asset_key=MONTHLY, check_name="gate", passed=config.passes)
    yield dg.MaterializeResult(asset_key=MONTHLY)


@dg.asset(key=WHOLE, check_specs=[dg.AssetCheckSpec("is_filled", asset=WHOLE)])
def whole(config: Given) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    if config.fails:
        raise dg.Failure("refused")
    yield dg.AssetCheckResult(asset_key=WHOLE, check_name="is_filled", passed=config.passes)
    yield dg.MaterializeResult(asset_key=WHOLE)


@pytest.fixture(params=STORAGES)
def instance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    """The instance of a new deployment, on either storage."""
    monkeypatch.setenv("PCW_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", "")  # restored afterwards
    with ExitStack() as stack:
        if request.param == "postgres":
            monkeypatch.setenv(POSTGRES_URL, stack.enter_context(postgres()))
        yield stack.enter_context(open_instance(Home(tmp_path / "home")))


def made(
    instance: dg.DagsterInstance,
    asset: dg.AssetsDefinition,
    month: str | None = None,
    tags: dict[str, str] | None = None,
    **given: bool,
) -> str:
    """The id of a run that makes an asset, or fails to."""
    config = dg.RunConfig(ops={asset.op.name: Given(**given)})
    return dg.materialize(
        [asset], instance=instance, partition_key=month, tags=tags, run_config=config, raise_on_error=False
    ).run_id


def state(instance: dg.DagsterInstance) -> dict[str, object]:
    """What the asset pages of the UI show: materialisations, months, failed months, verdicts."""
    storage = instance.event_log_storage
    newest = {key: instance.get_latest_materialization_event(key) for key in (MONTHLY, WHOLE)}
    checks = [dg.AssetCheckKey(MONTHLY, "gate"), dg.AssetCheckKey(WHOLE, "is_filled")]
    verdicts = storage.get_latest_asset_check_execution_by_key(checks)
    by_month = storage.get_latest_storage_id_by_partition(MONTHLY, dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {
        "newest": {key.to_user_string(): event.run_id if event else None for key, event in newest.items()},
        "months": dict(by_month),
        "failed": {
            key: dict(storage.get_latest_asset_partition_materialization_attempts_without_materializations(key))
            for key in (MONTHLY,)
        },
        "verdicts": {key.name: (item.run_id, item.status) for key, item in verdicts.items()},
        "by month": [
            (info.partition_key, info.latest_execution_status, info.latest_planned_run_id)
            for info in storage.get_asset_check_partition_info(checks)
        ],
    }


def test_old_runs_go_and_everything_current_stays(instance: dg.DagsterInstance) -> None:
    home = Home(Path(os.environ["PCW_HOME"]))
    superseded = [
        made(instance, monthly, "2017-01-01", passes=False),
        made(instance, monthly, "2017-01-01", fails=True),
        made(instance, whole),
        made(instance, whole, fails=True),
    ]
    current = [
        made(instance, monthly, "2017-01-01"),
        made(instance, monthly, "2017-02-01", passes=False),  # the newest of its month, and the gate did not pass
        made(instance, whole),
        made(instance, monthly, "2017-02-01", fails=True),  # the newest try of that month
        made(instance, monthly, "2017-03-01", fails=True),  # a month that never came
        made(instance, whole, fails=True),
    ]
    before = state(instance)
    later = datetime.now(UTC) + timedelta(days=1)
    assert forget_old_runs(instance, home, datetime.now(UTC) - timedelta(days=1))["deleted"] == 0
    found = forget_old_runs(instance, home, later)
    assert found == {"old": 10, "kept": 6, "deleted": 4}
    assert state(instance) == before
    assert {run.run_id for run in instance.get_runs()} == set(current)
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        assert {row[0] for row in connection.execute(text("select run_id from event_logs"))} == set(current)
    for run_id in superseded:
        assert not list(home.dagster.rglob(f"*{run_id}*"))
    assert forget_old_runs(instance, home, later) == {"old": 6, "kept": 6, "deleted": 0}


def test_deleting_by_age_alone_would_erase_what_is_current(instance: dg.DagsterInstance) -> None:
    """Why `current_runs` exists: on the day on which this fails, Dagster keeps materialisations by itself."""
    run_id = made(instance, monthly, "2017-01-01")
    before = state(instance)
    instance.delete_run(run_id)
    assert state(instance) != before
    assert instance.get_latest_materialization_event(MONTHLY) is None or state(instance)["months"] == {}


def test_tries_of_one_file_go_together_and_those_given_up_stay(instance: dg.DagsterInstance) -> None:
    home = Home(Path(os.environ["PCW_HOME"]))
    given_up = {made(instance, whole, tags={RECEIPT_TAG: "a"}, fails=True) for _ in range(3)}
    tried_again = [made(instance, whole, tags={RECEIPT_TAG: "b"}, fails=fails) for fails in (True, False)]
    done = made(instance, whole, tags={RECEIPT_TAG: "c"})
    newest = made(instance, whole)
    # A try of c is waiting to begin.
    instance.create_run_for_job(forget_runs, tags={RECEIPT_TAG: "c"})
    forget_old_runs(instance, home, datetime.now(UTC) + timedelta(days=1))
    left = {run.run_id for run in instance.get_runs()}
    assert given_up <= left
    assert not set(tried_again) & left
    assert {done, newest} <= left


def test_the_job_deletes_what_is_older_than_the_setting(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(instance, whole)
    newest = made(instance, whole)
    monkeypatch.setenv("PCW_KEEP_RUNS_DAYS", "31")
    assert forget_runs.execute_in_process(instance=instance).success
    assert len(instance.get_runs()) == 3, "none of them is 31 days old"
    aged = datetime.now(UTC) + timedelta(days=40)
    monkeypatch.setattr("orchestration.retention._now", lambda: aged)
    assert forget_runs.execute_in_process(instance=instance).success
    left = [run.run_id for run in instance.get_runs() if run.job_name != "forget_runs"]
    assert left == [newest]
    assert every_night.default_status is dg.DefaultScheduleStatus.RUNNING
