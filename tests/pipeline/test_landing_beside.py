"""Many files land side by side: as one process would land them, under one lease, and however the run ends."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import landing_beside, page_mark
from orchestration.instance import open_instance
from orchestration.submissions import submissions_of
from pcw.home import Home
from pcw.lock import Busy, lease
from sources.landing import read_refusals
from tests.conftest import PROJECT

#: Registers, and feeds whose rows are held against them, against their own earlier months, or against nothing.
FEEDS = (
    "epraccur*", "practice_groups*", "access_return_*", "ers_referrals_*", "Monthly-AE-*", "Cancer-Waits-*",
    "cres_*_2017-18*",
)  # fmt: skip
CUT = "Cancer-Waits-June-2017.csv"
#: `pcw run` without what follows landing.
RUN = """
import sys
from orchestration import pipeline
from pcw.settings import load_settings

pipeline._release = lambda *given: None
say = lambda text: print(text, flush=True)
sys.exit(pipeline.run(load_settings(), say, inbox=None, as_at=None, received_at=None))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """More files than are landed one by one; one is cut, one is of no known feed, and two are one page of an error."""
    from sources.synthetic.sample import write_sample

    folder = tmp_path_factory.mktemp("many")
    out = write_sample(folder / "all", date(2017, 1, 1), date(2017, 7, 1), practices=3, with_truth=False).out
    chosen = folder / "chosen"
    chosen.mkdir()
    for path in sorted(path for pattern in FEEDS for path in out.glob(pattern)):
        shutil.copy2(path, chosen / path.name)
    (chosen / CUT).write_bytes((chosen / CUT).read_bytes()[:-900])
    (chosen / "letter.csv").write_text("Dear all,enclosed\n1,2\n", encoding="utf-8")
    for name in ("Monthly-AE-July-2017.csv", "ers_referrals_2017-07.csv"):
        (chosen / name).write_text("<html><body>503 Service Unavailable</body></html>\n", encoding="utf-8")
    found = sorted(chosen.iterdir())
    assert len(found) > landing_beside.FEW
    return found


def waiting(root: Path, files: list[Path]) -> Home:
    """A home in which the files wait."""
    home = Home(root / "home").create()
    for path in files:
        shutil.copy2(path, home.inbox / path.name)
    return home


@contextmanager
def going_on(home: Home, processes: int) -> Iterator[subprocess.Popen[str]]:
    """A run in so many processes, as a shell starts it: in a group of its own."""
    environment = {**os.environ, "PCW_HOME": str(home.root), "PCW_LANDING_PROCESSES": str(processes)}
    with subprocess.Popen(
        [sys.executable, "-c", RUN], env=environment, cwd=PROJECT, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as run:  # fmt: skip
        try:
            yield run
        finally:
            if run.poll() is None:
                run.kill()


def said_by(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    return run.stdout.read()


def landed(home: Home, processes: int) -> tuple[int, str]:
    """Exit code and text of a run to its end."""
    with going_on(home, processes) as run:
        said = said_by(run)
        return run.wait(60), said


def kept(home: Home) -> dict[str, Any]:
    """All that landing keeps of each file, but when it landed and was received; and what the index is made of."""
    found: dict[str, Any] = {}
    for path in [*home.landing.glob("*/*/manifest.json"), *home.quarantine.glob("*/refusal.json")]:
        stored = json.loads(path.read_text(encoding="utf-8"))
        found[str(path.parent.relative_to(home.root))] = {
            name: value for name, value in stored.items() if name not in ("landed_at", "received_at", "receipts")
        }
    found["pages"] = json.loads((home.quality / "summary.json").read_text(encoding="utf-8"))
    # One folder has what is refused of the same bytes: the page of a name before the last stays as it was written.
    del found["pages"]["file/ers_referrals"]
    found["inbox"] = sorted(path.name for path in home.inbox.iterdir())
    return found


@pytest.fixture(scope="module")
def one_by_one(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    home = waiting(tmp_path_factory.mktemp("one"), files)
    code, said = landed(home, 1)
    assert code == 2, said
    return home, said


def test_side_by_side_lands_what_one_process_does(
    files: list[Path], one_by_one: tuple[Home, str], tmp_path: Path
) -> None:
    alone, expected = one_by_one
    home = waiting(tmp_path, files)
    code, said = landed(home, 2)
    assert code == 2, said
    assert kept(home) == kept(alone)
    assert len(submissions_of(home)) == len(files) - 4 and not list(home.inbox.iterdir())
    refused = {refusal["file_name"]: len(refusal["receipts"]) for refusal in read_refusals(home)}
    assert refused[CUT] == refused["letter.csv"] == 1 and sorted(refused.values()) == [1, 1, 2]
    assert sorted(said.replace(str(home.root), "").splitlines()) == sorted(
        expected.replace(str(alone.root), "").splitlines()
    )
    order = [line.split()[1].rstrip(":") for line in said.splitlines() if line.startswith("Landed ")]
    assert set(order[:2]) == {"epraccur", "practice_groups"}
    assert not page_mark.is_owed(home)
    assert statuses(home) == {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE}


def after_its_first_line(run: subprocess.Popen[str]) -> list[int]:
    """Ids of the processes that land for a run, once the first file has landed."""
    assert run.stdout is not None
    first = run.stdout.readline()
    assert first.startswith("Landed "), first + run.stdout.read()
    return landers_of(run)


def landers_of(run: subprocess.Popen[str]) -> list[int]:
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    return [int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def is_gone(process: int) -> bool:
    """Whether it has ended, waited for or not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def blocks_ctrl_c(process: int) -> bool:
    """Ctrl-C is for who started it: blocked from the first moment, also in the first process that is started."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    blocked = int(next(line for line in lines if line.startswith("SigBlk:")).split()[1], 16)
    return bool(blocked & 1 << signal.SIGINT - 1)


def statuses(home: Home) -> set[dg.DagsterRunStatus]:
    return {run.status for run in open_instance(home).get_runs()}


def goes_on(home: Home, alone: Home, processes: int = 1) -> None:
    """The same command again, in however many processes, ends as if nothing had happened."""
    assert len(submissions_of(home)) < len(submissions_of(alone))
    code, said = landed(home, processes)
    assert code == 2, said
    assert kept(home) == kept(alone)
    assert dg.DagsterRunStatus.STARTED not in statuses(home) and not page_mark.is_owed(home)


def test_they_end_with_who_started_them_and_hold_the_lease_till_then(
    files: list[Path], one_by_one: tuple[Home, str], tmp_path: Path
) -> None:
    home = waiting(tmp_path, files)
    with going_on(home, 2) as run:
        workers = after_its_first_line(run)
        assert len(workers) == 2 and all(map(blocks_ctrl_c, workers))
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
    goes_on(home, one_by_one[0])


@pytest.mark.slow  # each of these is two runs
@pytest.mark.parametrize("early", [True, False])
def test_ctrl_c_in_a_terminal_ends_all_of_them(
    early: bool, files: list[Path], one_by_one: tuple[Home, str], tmp_path: Path
) -> None:
    """The whole group is told; also while the processes are just started."""
    home = waiting(tmp_path, files)
    with going_on(home, 2) as run:
        if early:
            end = time.monotonic() + 60
            while not (workers := landers_of(run)) and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(1)  # they import
        else:
            workers = after_its_first_line(run)
        os.killpg(run.pid, signal.SIGINT)
        said = said_by(run)
        assert run.wait(60) == 130, said
    assert workers and all(map(is_gone, workers))
    [told] = [line for line in said.splitlines() if line.startswith("Interrupted. ")]
    count = len(submissions_of(home))
    assert told.startswith(
        f"Interrupted. {count} of {len(files)} new files landed and stay landed." if count else "Interrupted. "
    )
    assert "Traceback" not in said and "KeyboardInterrupt" not in said, said
    assert dg.DagsterRunStatus.STARTED not in statuses(home)
    goes_on(home, one_by_one[0])


@pytest.mark.slow
def test_one_that_is_killed_ends_the_run_with_a_sentence(
    files: list[Path], one_by_one: tuple[Home, str], tmp_path: Path
) -> None:
    home = waiting(tmp_path, files)
    with going_on(home, 2) as run:
        victim, other = after_its_first_line(run)
        os.kill(victim, signal.SIGKILL)
        said = said_by(run)
        assert run.wait(60) == 1, said
    assert "was ended (exit code -9)" in said and "PCW_LANDING_PROCESSES=1" in said
    assert is_gone(other) and page_mark.is_owed(home)
    goes_on(home, one_by_one[0], processes=2)


@pytest.mark.slow
def test_killed_again_and_again_it_ends_as_if_nothing_had_happened(
    files: list[Path], one_by_one: tuple[Home, str], tmp_path: Path
) -> None:
    """kill -9 of the run, or of all at once, at any moment of landing."""
    home, draw = waiting(tmp_path, files), random.Random(7)
    for _ in range(6):
        with going_on(home, 2) as run:
            assert run.stdout is not None
            run.stdout.readline()
            time.sleep(draw.uniform(0, 3))
            workers = landers_of(run)
            os.kill(run.pid, signal.SIGKILL)
            for worker in workers if draw.random() < 0.5 else ():
                os.kill(worker, signal.SIGKILL)
            run.wait(60)
        if len(submissions_of(home)) > len(submissions_of(one_by_one[0])) - 8:
            break
    goes_on(home, one_by_one[0], processes=2)
