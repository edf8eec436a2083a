"""A short call of the harness, which goes on where it stopped; `make kills` is the long one."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.faults import kills


def harness(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output. Processes that have used DuckDB must not fork, so it is a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kills", "--folder", str(folder), *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_few_kills_of_landing_and_release_after_those_of_an_earlier_call(tmp_path: Path) -> None:
    done = {"action": "landing", "mode": "step", "at": 1.0, "steps": 55, "cpu_seconds": 0.1, "problem": None}
    log = tmp_path / kills.LOG
    log.write_text("".join(json.dumps({**done, "number": number}) + "\n" for number in range(4)))
    code, said = harness(tmp_path, "--landing", "6", "--release", "2")
    assert code == 0, said
    assert "landing: 6 kills, " in said
    assert "6 recovered to the same answer, 0 not" in said
    assert "2 recovered to the same answer, 0 not" in said
    made = [json.loads(line) for line in log.read_text().splitlines()]
    assert [kill["number"] for kill in made if kill["action"] == "landing"] == list(range(6))
    assert {kill["mode"] for kill in made[4:]} == {"step", "instant"}


def test_what_is_not_recovered_from_is_said_and_stays_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = {"action": "landing", "number": 0, "mode": "step", "at": 3.0, "steps": 55, "cpu_seconds": 0.1}
    (tmp_path / kills.LOG).write_text(json.dumps({**broken, "problem": "not recovered: a file is gone"}) + "\n")
    monkeypatch.setattr(sys, "argv", ["kills", "--folder", str(tmp_path), "--landing", "5"])
    assert kills.main() == 1
    assert "landing 0 was not recovered from: not recovered: a file is gone" in capsys.readouterr().out


@pytest.mark.slow
def test_killed_at_every_step_of_landing_and_of_a_release(tmp_path: Path) -> None:
    """Half of the kills are at steps, and there are about fifty of each."""
    code, said = harness(tmp_path, "--landing", "140", "--release", "120")
    assert code == 0, said


@pytest.mark.slow
def test_whole_jobs_are_killed(tmp_path: Path) -> None:
    code, said = harness(tmp_path, "--jobs", "4")
    assert code == 0, said
