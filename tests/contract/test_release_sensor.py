"""When a release is asked for, and that no two runs write at once."""

import json
import threading
from collections.abc import Iterator
from functools import partial

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from orchestration import resources, sensors
from orchestration.resources import Deployment
from orchestration.sensors import INPUTS_TAG, changed_inputs
from pcw.home import Home
from pcw.lock import lease
from publishing.shelf import Pin, set_pin
from tests.contract.standing import held_by_another_thread, note_run


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


def test_a_release_that_cannot_be_read_is_made_again(releases: Releases) -> None:
    releases.release(releases.asked())
    assert releases.asked() is None
    (releases.home.published / "releases" / "R1").mkdir(parents=True)  # without a release.json
    assert releases.asked() is not None


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
