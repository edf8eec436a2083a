"""What we rely on in Dagster: the graph loads, checks belong to months, sensors ask for runs once, runs keep apart."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

import orchestration.morning
from expectations.suites import load_suites
from expectations.verdict import Verdict
from orchestration import resources, sensors
from orchestration.build import build_defs
from orchestration.checks import check_results
from orchestration.landing import gates_of
from orchestration.landing_assets import landing_key
from orchestration.links import check_link
from orchestration.resources import Deployment
from orchestration.sensors import INPUTS_TAG, RECEIPT_TAG, changed_inputs
from pcw.errors import PcwError
from pcw.home import Home
from pcw.lock import lease
from pcw.settings import Settings
from publishing.alerts import alerts_from_verdicts
from publishing.heartbeat import DAEMON, RUN, read_beat
from publishing.refusals import Refusal
from publishing.shelf import Pin, set_pin
from sources.calendar import Overdue
from sources.contracts import load_contracts
from sources.receipts import path_of
from tests.conftest import PROJECT
from tests.pipeline.test_alerts import REFUSAL
from tests.unit.publishing_build import verdict


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs()


def test_the_graph_loads_and_every_feed_is_in_it(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)
    keys = {spec.key for spec in defs.resolve_all_asset_specs()}
    for dataset in load_contracts():
        assert landing_key(dataset) in keys
        assert dg.AssetKey(["feed", dataset]) in keys
        assert defs.resolve_job_def(f"land_{dataset}")
    assert {
        dg.AssetKey(["gates", "staged"]),
        dg.AssetKey(["gates", "marts"]),
        dg.AssetKey(["published", "release"]),
    } <= keys


def test_assets_say_what_they_are_whose_and_where(defs: dg.Definitions) -> None:
    for spec in defs.resolve_all_asset_specs():
        assert spec.group_name, spec.key
        if spec.key.path[0] in ("landing", "main", "published"):
            assert spec.description, spec.key


def test_assets_belong_to_whom_their_alerts_go_to(defs: dg.Definitions) -> None:
    owners = {tuple(spec.key.path): list(spec.owners) for spec in defs.resolve_all_asset_specs()}
    assert all(owner for key, owner in owners.items() if key[0] in ("landing", "feed", "main", "gates", "published"))
    for dataset, contract in load_contracts().items():
        assert owners["landing", dataset] == owners["feed", dataset] == [f"team:{contract.owner}"], dataset
        assert {suite.owner for suite in load_suites().values() if suite.suite == dataset} == {contract.owner}
    judged = {suite.suite: suite.owner for suite in load_suites().values() if suite.stage == "marts"}
    assert judged.keys() <= {name for schema, name in owners if schema == "main"}
    for (schema, name), owner in ((key, owner) for key, owner in owners.items() if key[0] == "main"):
        assert owner == [f"team:{judged.get(name, 'data-engineering')}"], (schema, name)
    assert owners["landing", "cres_tracker"] == owners["main", "cres_position"] == ["team:finance"]


def test_every_gate_of_a_landing_asset_names_the_owner_of_the_contract() -> None:
    """The first gate is the same for all files; who is told of what it refuses is not."""
    key, suites = landing_key("cres_tracker"), gates_of("cres_tracker")
    failed = Verdict(
        suite="file", stage="file", check="readable", severity="block", passed=False, rows_checked=1,
        unexpected_count=1, examples=(), message="CRES.xlsx is damaged.", owner="data-engineering",
    )  # fmt: skip
    owner = load_contracts()["cres_tracker"].owner
    results = list(check_results(key, suites, [failed], Settings(), owner=owner, dataset="cres_tracker"))
    assert {result.check_name: result.metadata["owner"].value for result in results} == {
        "gate_1_file": "finance", "gate_2_rows": "finance", "warnings": "finance",
    }  # fmt: skip


def test_release_order_is_enforced_by_the_graph(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()

    def upstream(key: list[str]) -> set[dg.AssetKey]:
        seen: set[dg.AssetKey] = set()
        todo = [dg.AssetKey(key)]
        while todo:
            for parent in graph.get(todo.pop()).parent_keys - seen:
                seen.add(parent)
                todo.append(parent)
        return seen

    assert dg.AssetKey(["gates", "marts"]) in upstream(["published", "release"])
    assert dg.AssetKey(["gates", "staged"]) in upstream(["published", "release"])
    assert dg.AssetKey(["main", "indicator_result"]) in upstream(["gates", "marts"])
    assert dg.AssetKey(["feed", "withheld"]) in upstream(["main", "indicator_result"])
    assert landing_key("epd") in upstream(["main", "indicator_result"])
    assert landing_key("sus_opa") in upstream(["intermediate", "int_sus__practice_component"])
    assert dg.AssetKey(["feed", "sus_scope"]) in upstream(["intermediate", "int_sus__gap"])
    assert dg.AssetKey(["intermediate", "int_sus__gap"]) in upstream(["main", "indicator_result"])
    assert dg.AssetKey(["intermediate", "int_sus__practice_component"]) in upstream(["gates", "staged"])
    assert dg.AssetKey(["intermediate", "int_sus__practice_component"]) in upstream(["main", "indicator_result"])


def test_every_dbt_test_is_a_check_of_exactly_one_set(defs: dg.Definitions) -> None:
    manifest = json.loads((PROJECT / "dbt_project" / "target" / "manifest.json").read_text())
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    checks = {
        key
        for key in defs.resolve_asset_graph().asset_check_keys
        if key.asset_key.path[0] not in ("landing", "gates", "published")
    }
    # A singular test over several models has no single asset to stand at; dbt runs it all the same.
    single = [test for test in tests if test.get("attached_node")]
    assert len(checks) >= len(single)


def test_a_check_links_to_what_the_graph_has(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    checks = {("/".join(key.asset_key.path), key.name) for key in graph.asset_check_keys}
    assets = {asset for asset, _ in checks}
    unknown = Refusal("x.csv", "ab" * 32, None, "file", "No feed.", datetime(2017, 8, 1))
    failed = [verdict(suite=suite, stage=stage, severity=severity, passed=False, check=f"{stage} {severity}")
              for suite, stage, severity in (("epd", "rows", "block"), ("epd", "rows", "withhold"),
              ("sus_quality", "staged", "withhold"), ("indicator_result", "marts", "block"),
              ("release", "release", "block"))]  # fmt: skip
    alerts = alerts_from_verdicts(failed, (REFUSAL, unknown), default_owner="x")
    assert len(alerts) == 7
    for found in alerts:
        asset, _, shown = (check_link("", found) or "").removeprefix("/assets/").partition("?view=checks")
        assert asset in assets, asset
        if shown:
            assert (asset, shown.removeprefix("&checkDetail=")) in checks


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("PCW_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home").create()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


class Inbox:
    """The sensor `drop_folder`, asked tick after tick."""

    def __init__(self, defs: dg.Definitions, instance: dg.DagsterInstance) -> None:
        self.defs, self.instance = defs, instance
        self.sensor: Any = next(sensor for sensor in defs.sensors or [] if sensor.name == "drop_folder")
        self.cursor: str | None = None
        self.skipped: str | None = None

    def tick(self) -> list[dg.RunRequest]:
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor, definitions=self.defs)
        data = self.sensor.evaluate_tick(context)
        self.cursor, self.skipped = data.cursor, data.skip_message
        return list(data.run_requests or [])


@pytest.fixture
def inbox(defs: dg.Definitions, instance: dg.DagsterInstance, home: Home) -> Inbox:
    return Inbox(defs, instance)


def note_run(instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus, job: str = "x") -> str:
    """What the daemon keeps of a request that it started a run for."""
    tags = {**request.tags, "dagster/run_key": request.run_key or ""}
    return create_run_for_test(instance, job_name=request.job_name or job, tags=tags, status=status).run_id


@contextmanager
def held_by_another_thread(home: Home) -> Iterator[None]:
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with lease(home, "the month end run"):
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_a_file_is_landed_when_it_was_the_same_at_two_looks(inbox: Inbox, home: Home) -> None:
    path = home.inbox / "EPD_201704.csv"
    path.write_text("<html>half a")
    first = inbox.tick()
    path.write_text("<html>half a file and the other half")
    second = inbox.tick()
    assert (first, second) == ([], [])
    [request] = inbox.tick()
    assert request.job_name == "land_epd"
    assert request.partition_key == "2017-04-01"
    # The same key while no run of it is known: Dagster starts no second run.
    assert [other.run_key for other in inbox.tick()] == [request.run_key]


def test_a_number_in_a_name_is_in_nothing_that_dagster_stores(inbox: Inbox, home: Home) -> None:
    names = ("EPD_201704 943 476 5919.csv", "EPD_201704 9990000018.csv")
    for name in names:
        (home.inbox / name).write_text(f"<html>{name}")
    inbox.tick()
    requests = inbox.tick()
    configs = [request.run_config["ops"]["landing__epd"]["config"] for request in requests]
    assert {path_of(Path(config["path"]), config["sha256"]).name for config in configs} == set(names)
    stored = f"{inbox.cursor} {configs}"
    assert "943" not in stored and "999000" not in stored
    (home.inbox / f"{names[0]}.meta.json").write_text("{")
    inbox.tick()
    inbox.tick()
    assert "943" not in f"{inbox.cursor} {inbox.skipped}"


def test_unfinished_copies_and_sidecars_are_left_alone(inbox: Inbox, home: Home) -> None:
    for name in (".hidden.csv", "EPD_201704.csv.part", "EPD_201704.csv.meta.json"):
        (home.inbox / name).write_text("{}")
    inbox.tick()
    assert json.loads(inbox.cursor or "") == {}


def test_registers_are_asked_for_before_feeds_whatever_their_names(
    inbox: Inbox, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A_what_is_this.csv", "EPD_201705.csv", "EPD_201704.csv", "epraccur.csv"):
        (home.inbox / name).write_text(f"<html>{name}")
    inbox.tick()
    wanted = ["land_epraccur", "land_epd", "land_epd", "land_unrecognised"]
    asked = inbox.tick()
    assert [request.job_name for request in asked] == wanted
    assert [request.partition_key for request in asked][1:3] == ["2017-04-01", "2017-05-01"]
    monkeypatch.setattr(sensors, "FILES_PER_TICK", 2)
    firsts = inbox.tick()
    assert [request.job_name for request in firsts] == wanted[:2]
    for request in firsts:  # what goes on takes no place of a later tick
        note_run(inbox.instance, request, dg.DagsterRunStatus.STARTING)
    assert [request.run_key for request in inbox.tick()] == [request.run_key for request in asked[2:]]


def test_an_odd_file_stops_no_other(inbox: Inbox, home: Home) -> None:
    for name in ("EPD_201704.csv", "EPD_201705.csv"):
        (home.inbox / name).write_text(f"<html>{name}")
    sidecar = home.inbox / "EPD_201704.csv.meta.json"
    sidecar.write_text('{"colour": "red"}')
    inbox.tick()
    assert [request.partition_key for request in inbox.tick()] == ["2017-05-01"]
    (home.inbox / "EPD_201705.csv").unlink()
    assert inbox.tick() == []
    assert "EPD_201704.csv.meta.json states colour" in (inbox.skipped or "")
    sidecar.write_text('{"period": "2017-06"}')
    assert inbox.tick() == []  # it changed: the first of two looks
    assert [request.partition_key for request in inbox.tick()] == ["2017-06-01"]


def test_a_defect_of_ours_is_not_swallowed(inbox: Inbox, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    (home.inbox / "EPD_201704.csv").write_text("<html>")
    inbox.tick()
    monkeypatch.setattr(sensors, "peek", broken)
    with pytest.raises(ZeroDivisionError):
        inbox.tick()


def test_a_file_is_asked_for_again_when_its_run_ended_and_it_still_lies_there(inbox: Inbox, home: Home) -> None:
    path = home.inbox / "EPD_201704.csv"
    path.write_text("<html>")
    inbox.tick()
    keys = []
    for _ in range(sensors.TRIES):
        [request] = inbox.tick()
        keys.append(request.run_key)
        run_id = note_run(inbox.instance, request, dg.DagsterRunStatus.STARTED)
        assert inbox.tick() == []  # it goes on
        inbox.instance.report_run_failed(inbox.instance.get_run_by_id(run_id))
    assert len(set(keys)) == sensors.TRIES
    assert inbox.tick() == []
    assert "EPD_201704.csv is left where it is: 3 runs failed" in (inbox.skipped or "")
    os.utime(path, (1, 1))  # touched: tried anew
    inbox.tick()
    [request] = inbox.tick()
    assert request.run_key not in keys
    # Landed, superseded since, and sent again with the same time of change.
    note_run(inbox.instance, request, dg.DagsterRunStatus.SUCCESS)
    [again] = inbox.tick()
    assert again.tags[RECEIPT_TAG] == request.tags[RECEIPT_TAG]
    assert again.run_key != request.run_key


def test_a_look_into_the_inbox_waits_for_the_next_tick_while_the_lease_is_held(inbox: Inbox, home: Home) -> None:
    (home.inbox / "EPD_201704.csv").write_text("<html>")
    inbox.tick()
    before = inbox.cursor
    with held_by_another_thread(home):
        assert inbox.tick() == []
    assert "the month end run (process " in (inbox.skipped or "")
    assert inbox.cursor == before
    assert len(inbox.tick()) == 1


def test_owners_are_told_at_a_later_tick_when_it_was_not_possible_at_the_first(
    defs: dg.Definitions, instance: dg.DagsterInstance, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Home] = []
    channel_is_dead = True

    def tell(home: Home, *_: object) -> str:
        if channel_is_dead:
            raise PcwError("No channel took it.")
        told.append(home)
        return "Told owners."

    monkeypatch.setattr(sensors, "tell", tell)
    cursor: str | None = None

    def tick() -> str | None:
        nonlocal cursor
        context = dg.build_sensor_context(instance=instance, cursor=cursor, definitions=defs)
        data = sensors.tell_after_failure.evaluate_tick(context)
        cursor = data.cursor
        return data.skip_message

    assert tick() == "No run ended since owners were told."
    for _ in range(2):
        create_run_for_test(instance, job_name="land_epd", status=dg.DagsterRunStatus.FAILURE)
    with held_by_another_thread(home):
        assert "the month end run" in (tick() or "")
    with pytest.raises(PcwError, match="No channel took it"):
        tick()
    channel_is_dead = False
    assert tick() == "Told owners."
    assert tick() == "No run ended since owners were told."
    assert told == [home]
    create_run_for_test(instance, job_name="land_epd", status=dg.DagsterRunStatus.FAILURE)
    assert tick() == "Told owners."


def test_a_tick_is_a_sign_of_life_of_the_daemon_and_a_run_that_ended_one_of_a_run(
    inbox: Inbox, defs: dg.Definitions, instance: dg.DagsterInstance, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []
    monkeypatch.setattr(sensors, "tell", lambda home, settings, run_id: runs.append(run_id) or "")
    inbox.tick()
    assert read_beat(home, DAEMON) is not None
    create_run_for_test(instance, job_name="land_epd", status=dg.DagsterRunStatus.FAILURE)
    sensors.tell_after_failure.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=defs))
    assert read_beat(home, RUN) is None
    create_run_for_test(instance, job_name="release", status=dg.DagsterRunStatus.SUCCESS)
    for sensor in (sensors.tell_after_success, sensors.tell_after_failure):
        sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=defs))
    assert read_beat(home, RUN) is not None
    assert len(runs) == 3
    assert runs[1] == runs[2], "both name the same run: what persists is counted once"


def test_the_morning_job_tells_owners_and_a_dead_channel_fails_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Overdue("epd", date(2017, 5, 1), date(2017, 7, 20), "medicines-optimisation")
    monkeypatch.setattr(orchestration.morning, "late_months", lambda *_: [late])

    def run() -> dg.ExecuteInProcessResult:
        return dg.materialize([sensors.expected], resources={"deployment": Deployment()}, raise_on_error=False)

    result = run()
    assert result.success
    [check] = result.get_asset_check_evaluations()
    assert not check.passed and check.description == "epd 2017-05 was due by 2017-07-20"
    log = (home.root / "alerts.log").read_text()
    assert "epd 2017-05 is overdue" in log and '"digest"' in log
    (home.root / "digest.json").unlink()
    monkeypatch.setenv("PCW_ALERT_URLS", "json://127.0.0.1:1/")
    assert not run().success


def test_nothing_landed_asks_for_no_release(home: Home, instance: dg.DagsterInstance) -> None:
    assert isinstance(changed_inputs(dg.build_sensor_context(instance=instance)), dg.SkipReason)


class Releases:
    """The sensor `changed_inputs` on inputs and releases that a test names."""

    def __init__(self, instance: dg.DagsterInstance, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instance, self.home, self.inputs, self.count = instance, home, "A", 0
        monkeypatch.setattr(sensors, "inputs_of", lambda *_: self)

    in_force = {"epd": {"2017-04": "a submission"}}

    def fingerprint(self) -> str:
        return self.inputs

    def asked(self) -> dg.RunRequest | None:
        result = changed_inputs(dg.build_sensor_context(instance=self.instance))
        return result if isinstance(result, dg.RunRequest) else None

    def release(self, request: dg.RunRequest | None) -> str:
        """The run asked for succeeds and its release becomes current; returns the run key."""
        assert request is not None and request.run_key is not None
        note_run(self.instance, request, dg.DagsterRunStatus.SUCCESS, "release")
        self.count += 1
        facts = {"inputs_fingerprint": self.inputs, "release_id": f"R{self.count}"}
        (self.home.published / "current.json").write_text(json.dumps(facts))
        return request.run_key


@pytest.fixture
def releases(instance: dg.DagsterInstance, home: Home, monkeypatch: pytest.MonkeyPatch) -> Releases:
    return Releases(instance, home, monkeypatch)


def test_inputs_that_come_back_are_released_again(releases: Releases) -> None:
    keys = []
    for inputs in ("A", "B", "A", "B"):
        releases.inputs = inputs
        keys.append(releases.release(releases.asked()))
        assert releases.asked() is None  # it is released
    assert len(set(keys)) == 4


def test_a_failed_release_is_tried_twice_more_and_then_waits_for_other_inputs(releases: Releases) -> None:
    keys = set()
    for _ in range(3):
        request = releases.asked()
        assert request is not None
        keys.add(request.run_key)
        note_run(releases.instance, request, dg.DagsterRunStatus.FAILURE, "release")
    assert len(keys) == 3
    assert releases.asked() is None
    releases.inputs = "B"
    request = releases.asked()
    assert request is not None
    assert request.tags[INPUTS_TAG].startswith("B|")


@pytest.mark.parametrize("job", ["release", "land_epd", "__ASSET_JOB"])
@pytest.mark.parametrize("status", [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED])
def test_no_release_is_asked_for_while_runs_that_write_go_on(
    releases: Releases, job: str, status: dg.DagsterRunStatus
) -> None:
    for changes_nothing in ("look_for_overdue_files", "forget_runs"):
        create_run_for_test(releases.instance, job_name=changes_nothing, status=status)
    assert releases.asked() is not None
    create_run_for_test(releases.instance, job_name=job, status=status)
    assert releases.asked() is None


def test_a_release_that_waits_behind_a_pin_is_not_made_again(releases: Releases) -> None:
    releases.release(releases.asked())
    releases.inputs = "B"
    set_pin(releases.home, Pin("R1", "why", "2017-09-01T09:00"))
    request = releases.asked()
    assert request is not None
    note_run(releases.instance, request, dg.DagsterRunStatus.SUCCESS, "release")
    assert releases.asked() is None


def test_a_run_inside_a_lease_takes_it_again_and_gives_it_back(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dagster opens and closes resources in the thread of the caller, where a lease may be taken again."""
    monkeypatch.setattr(resources, "lease", partial(lease, wait_seconds=5))
    threads = set()

    @dg.op
    def works(deployment: Deployment) -> Iterator[dg.Output[int]]:
        threads.add(threading.get_ident())
        with lease(deployment.home, "a step", wait_seconds=0):
            yield dg.Output(1)

    @dg.op
    def fails(deployment: Deployment, number: int) -> None:
        threads.add(threading.get_ident())
        raise dg.Failure("refused")

    @dg.job(resource_defs={"deployment": Deployment()}, executor_def=dg.in_process_executor)
    def runs() -> None:
        fails(works())

    with lease(home, "pcw run"):
        assert not runs.execute_in_process(raise_on_error=False).success
        assert home.lock.with_suffix(".holder").read_text().startswith("pcw run")
    assert threads == {threading.get_ident()}
    assert not home.lock.with_suffix(".holder").exists()
    with held_by_another_thread(home):
        pass


def test_no_room_but_orchestration_imports_dagster() -> None:
    rooms = "pcw.lock, sources.staging, expectations.runner, publishing.release, publishing.delivery, dbt_project.feeds"
    script = f"import sys, {rooms}; print('dagster' in sys.modules, 'orchestration' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=PROJECT)
    assert done.stdout.split() == ["False", "False"]
