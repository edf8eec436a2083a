"""The sensors: the inbox is landed once and in order, owners are told, a tick is a sign of life."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

import orchestration.morning
from orchestration import sensors
from orchestration.resources import Deployment
from orchestration.sensors import RECEIPT_TAG
from pcw.errors import PcwError
from pcw.home import Home
from publishing.heartbeat import DAEMON, RUN, read_beat
from sources.calendar import Overdue
from sources.receipts import path_of
from tests.contract.standing import held_by_another_thread, note_run


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
    assert not [part for part in ("943 4", "6 59", "999000") if part in stored]
    (home.inbox / f"{names[0]}.meta.json").write_text("{")
    inbox.tick()
    inbox.tick()
    assert "943 4" not in f"{inbox.cursor} {inbox.skipped}"


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
