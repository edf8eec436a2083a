"""Ctrl-C of `pcw run`: one sentence, exit code 130, and nothing half, with a real signal to a real process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from orchestration import pipeline
from orchestration.instance import open_instance
from orchestration.interrupting import sentence
from orchestration.job_runner import JobRunner
from orchestration.landing_jobs import landing_defs
from orchestration.submissions import submissions_of
from pcw.ending import ended_by, noticed, stop_if_ended
from pcw.home import Home
from pcw.settings import load_settings
from tests.conftest import PROJECT
from tests.unit.operating_home import GROUPS
from tests.unit.publishing_build import build_database, release_of

FILES = 12
PCW = Path(sys.executable).parent / "pcw"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which files wait."""
    home = Home(tmp_path / "home").create()
    for number in range(FILES):
        (home.inbox / f"practice_groups_{number:02}.csv").write_text(GROUPS.replace("Alderbank", f"Bank {number}"))
    return home


@pytest.mark.slow  # two whole runs
def test_a_run_that_is_interrupted_says_what_is_finished_and_goes_on(home: Home) -> None:
    environment = {**os.environ, "PCW_HOME": str(home.root), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [PCW, "run"], env=environment, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell starts what runs in the background with Ctrl-C ignored, and so does all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:  # fmt: skip
        assert run.stdout is not None and run.stderr is not None
        first = run.stdout.readline()
        assert first.startswith("Landed practice_groups"), first
        run.send_signal(signal.SIGINT)
        *before, last = [first, *run.stdout.read().splitlines()]
        assert run.wait(60) == 130
        errors = run.stderr.read()
    assert "Traceback" not in errors and "Interrupt" not in errors
    landed = len(submissions_of(home))
    assert 1 <= landed < FILES
    assert last == (
        f"Interrupted. {landed} of {FILES} new files landed and stay landed. There is no release yet; nothing "
        "half is published. Run the same command again: it goes on from here."
    )
    assert all(line.startswith("Landed ") for line in before), before
    assert len(list(home.inbox.iterdir())) == FILES - landed
    # The daemon tries failed runs again; this one is not for it.
    statuses = {run.status for run in open_instance(home).get_runs()}
    assert statuses <= {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.CANCELED}


def test_a_signal_is_noticed_whoever_handles_it(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Dagster and DuckDB do: the one replaces the handler, the other raises an error of its own."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        with noticed():
            assert ended_by() is None
            os.kill(os.getpid(), signal.SIGINT)
            assert ended_by() == ended_by() == signal.SIGINT
            monkeypatch.setenv("PCW_HOME", str(home.root))
            runner = JobRunner(home, landing_defs())
            with pytest.raises(KeyboardInterrupt):
                runner.execute("land_practice_groups", None, {})
            assert not runner.instance.get_runs(), "nothing more is begun"
        assert ended_by() is None
    finally:
        signal.signal(signal.SIGINT, before)


def test_the_sentence_says_which_release_readers_see(home: Home, tmp_path: Path) -> None:
    release = release_of(home, build_database(tmp_path, items=1)).release_id
    assert f"No file was landed. Readers see release {release} as before; nothing half" in sentence(home, 0, 0, release)
    assert re.search(f"Release {release} is published, whole", sentence(home, 0, 0, None))


def test_sigterm_ends_it_outside_of_steps_too() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with noticed():
        stop_if_ended()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        assert ended_by() == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            stop_if_ended()
    assert signal.getsignal(signal.SIGTERM) == before


def test_landing_that_is_interrupted_says_so(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCW_HOME", str(home.root))
    monkeypatch.setattr(pipeline, "land_all", lambda *given: os.kill(os.getpid(), signal.SIGTERM))
    said: list[str] = []
    file = home.inbox / "practice_groups_00.csv"
    code = pipeline.land_files(load_settings(), said.append, [file], dataset=None, period=None, received_at=None)
    assert code == 128 + signal.SIGTERM
    assert [text.split(".")[0] for text in said] == ["Interrupted"]
    assert home.telling_due.exists()


def test_what_an_ended_run_has_not_told_is_told_by_the_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flip was made, nobody was told, and nothing is new."""
    monkeypatch.setenv("PCW_HOME", str(home.root))
    for file in home.inbox.iterdir():
        file.unlink()
    told: list[str | None] = []
    monkeypatch.setattr(pipeline, "_is_released", lambda *given: True)
    monkeypatch.setattr(pipeline, "_nothing_new", lambda *given: None)
    monkeypatch.setattr("orchestration.telling.tell", lambda home, settings, run_id, asked: told.append(run_id) or "")

    def run() -> int:
        return pipeline.run(load_settings(), lambda text: None, inbox=None, as_at=None, received_at=None)

    assert run() == 0 and not told
    home.telling_due.touch()
    assert run() == 0 and len(told) == 1
    assert run() == 0 and len(told) == 1, "once"
