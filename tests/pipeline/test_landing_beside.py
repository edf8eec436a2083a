"""Many files land side by side: as one process would land them, under one lease, and however the run ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import landing_beside
from orchestration.instance import open_instance
from orchestration.pipeline import land_files
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.lock import Busy, lease
from pcw.settings import Settings
from sources.landing import read_refusals
from tests.conftest import PROJECT
from tests.running import Deployed

PCW = Path(sys.executable).parent / "pcw"
#: Registers, and feeds whose rows are held against them, against their own earlier months, or against nothing.
FEEDS = (
    "epraccur*", "practice_groups*", "access_return_*", "ers_referrals_*", "Monthly-AE-*", "Cancer-Waits-*",
    "cres_*_2017-18*",
)  # fmt: skip
CUT = "Cancer-Waits-June-2017.csv"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """More files than are landed one by one; one of them is cut, and one is of no known feed."""
    from sources.synthetic.sample import write_sample

    folder = tmp_path_factory.mktemp("many")
    out = write_sample(folder / "all", date(2017, 1, 1), date(2017, 7, 1), practices=3, with_truth=False).out
    inbox = folder / "inbox"
    inbox.mkdir()
    for path in sorted(path for pattern in FEEDS for path in out.glob(pattern)):
        shutil.copy2(path, inbox / path.name)
    (inbox / CUT).write_bytes((inbox / CUT).read_bytes()[:-900])
    (inbox / "letter.csv").write_text("Dear all,enclosed\n1,2\n", encoding="utf-8")
    found = sorted(inbox.iterdir())
    assert len(found) > landing_beside.FEW
    return found


def landed(home: Home, files: list[Path], processes: int) -> tuple[int, list[str]]:
    """Exit code and lines of `pcw land` in so many processes."""
    lines: list[str] = []
    settings = Settings(home=home.root, landing_processes=processes)
    with Deployed(settings).environment():
        code = land_files(settings, lines.append, files, dataset=None, period=None, received_at=None)
    return code, lines


def kept(home: Home) -> dict[str, Any]:
    """All that landing keeps of each file, but when it landed and was received."""
    found: dict[str, Any] = {}
    for path in [*home.landing.glob("*/*/manifest.json"), *home.quarantine.glob("*/refusal.json")]:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found[str(path.parent.relative_to(home.root))] = {
            name: value for name, value in stored.items() if name not in ("landed_at", "received_at", "receipts")
        }
    return found


@pytest.fixture(scope="module")
def one_by_one(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, int, list[str]]:
    home = Home(tmp_path_factory.mktemp("one") / "home").create()
    return home, *landed(home, files, 1)


def test_side_by_side_lands_what_one_process_does(
    files: list[Path], one_by_one: tuple[Home, int, list[str]], tmp_path: Path
) -> None:
    alone, code, lines = one_by_one
    home = Home(tmp_path / "home").create()
    beside = landed(home, files, 2)
    assert beside[0] == code == 2
    assert kept(home) == kept(alone) and len(kept(home)) == len(files)
    assert [refusal["file_name"] for refusal in read_refusals(home)].count(CUT) == 1

    def told(root: Path, said: list[str]) -> list[str]:
        return sorted(line.replace(str(root), "") for text in said for line in text.splitlines())

    assert told(home.root, beside[1]) == told(alone.root, lines)
    order = [line.split()[1].rstrip(":") for line in beside[1] if line.startswith("Landed ")]
    assert set(order[:2]) == {"epraccur", "practice_groups"}
    pages = [{path.relative_to(h.quality) for path in h.quality.rglob("*.html")} for h in (home, alone)]
    assert pages[0] == pages[1] and not (home.quality / "unwritten.txt").exists()
    assert {run.status for run in open_instance(home).get_runs()} <= {
        dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE,
    }  # fmt: skip


@contextmanager
def landing(home: Home, files: list[Path]) -> Iterator[subprocess.Popen[str]]:
    """`pcw land` in two processes, after its first line."""
    environment = {**os.environ, "PCW_HOME": str(home.root), "PCW_LANDING_PROCESSES": "2", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [PCW, "land", *map(str, files)], env=environment, cwd=PROJECT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:  # fmt: skip
        assert run.stdout is not None
        first = run.stdout.readline()
        assert first.startswith("Landed "), first + run.stdout.read()
        try:
            yield run
        finally:
            with suppress(ProcessLookupError):
                run.kill()


def started_by(process: int) -> list[int]:
    """Ids of the processes that land for this one."""
    found = []
    for number in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        if b"spawn_main" in Path(f"/proc/{number}/cmdline").read_bytes():
            found.append(int(number))
    return found


def is_gone(process: int) -> bool:
    """Whether it has ended, waited for or not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def statuses(home: Home) -> Mapping[dg.DagsterRunStatus, int]:
    runs = [run.status for run in open_instance(home).get_runs()]
    return {status: runs.count(status) for status in set(runs)}


def finished(home: Home, files: list[Path], alone: Home) -> None:
    """The same command again goes on, in however many processes, and ends as if nothing had happened."""
    before = len(submissions_of(home))
    assert before < len(submissions_of(alone))
    landed(home, files, 1)
    assert kept(home) == kept(alone)
    assert dg.DagsterRunStatus.STARTED not in statuses(home)


@pytest.mark.slow  # half a minute, as the next
def test_ctrl_c_ends_all_of_them(files: list[Path], one_by_one: tuple[Home, int, list[str]], tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    with landing(home, files) as run:
        workers = started_by(run.pid)
        assert len(workers) == 2
        run.send_signal(signal.SIGINT)
        assert run.stdout is not None
        said = run.stdout.read()
        assert run.wait(60) == 130, said
    assert "Interrupted. " in said and "Traceback" not in said
    assert all(map(is_gone, workers))
    assert dg.DagsterRunStatus.STARTED not in statuses(home)
    finished(home, files, one_by_one[0])


@pytest.mark.slow
def test_one_that_is_killed_ends_the_run_with_a_sentence(
    files: list[Path], one_by_one: tuple[Home, int, list[str]], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home").create()
    with landing(home, files) as run:
        victim, other = started_by(run.pid)
        os.kill(victim, signal.SIGKILL)
        assert run.stdout is not None
        said = run.stdout.read()
        assert run.wait(60) == 1, said
    assert "was ended (exit code -9)" in said and "PCW_LANDING_PROCESSES=1" in said and "Traceback" not in said
    assert is_gone(other)
    finished(home, files, one_by_one[0])


def test_they_end_with_who_started_them_and_hold_the_lease_till_then(
    files: list[Path], one_by_one: tuple[Home, int, list[str]], tmp_path: Path
) -> None:
    home = Home(tmp_path / "home").create()
    with landing(home, files) as run:
        workers = started_by(run.pid)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)  # as if it had much to do
        run.kill()
        run.wait(60)
        with pytest.raises(Busy), lease(home, "the next run", wait_seconds=1):
            pass
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
        with lease(home, "the next run", wait_seconds=30):
            assert all(map(is_gone, workers))
    end = time.monotonic() + 10
    while not all(map(is_gone, workers)) and time.monotonic() < end:
        time.sleep(0.1)
    finished(home, files, one_by_one[0])
