"""The lease: one holder among processes and threads, who may take it again, and who is named to those who wait."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pcw import lock
from pcw.errors import PcwError
from pcw.home import Home
from pcw.lock import Busy, lease
from tests.conftest import PROJECT

HOLD = """
import sys
from pathlib import Path
from pcw.home import Home
from pcw.lock import lease

with lease(Home(Path(sys.argv[1])), "the other process"):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@contextmanager
def held_elsewhere(home: Home) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lease until a line is sent to it."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT,
    )  # fmt: skip
    try:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        yield other
    finally:
        other.communicate("\n", timeout=30)


def test_threads_are_never_inside_together(home: Home) -> None:
    inside, most, done = 0, 0, []

    def work(number: int) -> None:
        nonlocal inside, most
        for _ in range(10):
            with lease(home, f"thread {number}"):
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                inside -= 1
        done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert (sorted(done), most) == ([0, 1, 2], 1)
    assert not home.lock.with_suffix(".holder").exists()


def test_a_thread_is_told_which_other_one_holds_it(home: Home) -> None:
    told: list[str] = []

    def work() -> None:
        try:
            with lease(home, "inner", wait_seconds=0.05):
                told.append("let in")
        except Busy as busy:
            told.append(str(busy))

    with lease(home, "the first thread"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(timeout=30)
    assert len(told) == 1
    assert told[0].startswith("the first thread (process ")


def test_the_same_thread_takes_it_again_and_stays_the_holder(home: Home) -> None:
    holder = home.lock.with_suffix(".holder")
    same = Home(home.root / ".." / home.root.name)  # another spelling of the same folder
    with lease(home, "outer"):
        with lease(same, "inner", wait_seconds=0):
            assert holder.read_text().startswith("outer (process ")
        assert holder.exists()
    assert not holder.exists()
    with lease(home, "after", wait_seconds=0):
        assert holder.read_text().startswith("after (process ")


def test_an_error_inside_gives_it_back(home: Home) -> None:
    with pytest.raises(ZeroDivisionError), lease(home, "fails"):
        _ = 1 / 0
    with held_elsewhere(home):
        pass


def test_processes_keep_apart_and_who_gives_up_is_told_the_holder(home: Home) -> None:
    told = r"^the other process \(process \d+\) is working on .*0\.1 second"
    with held_elsewhere(home), pytest.raises(PcwError, match=told), lease(home, "this one", wait_seconds=0.1):
        pass
    with lease(home, "this one", wait_seconds=0):
        pass


def test_who_waits_longer_is_told_and_gets_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lock, "SAY_AFTER_SECONDS", 0.05)
    with held_elsewhere(home) as other:
        assert other.stdin is not None
        timer = threading.Timer(0.5, lambda: (other.stdin.write("\n"), other.stdin.flush()))
        timer.start()
        with lease(home, "this one", wait_seconds=30):
            pass
        timer.join()
        other.wait(timeout=30)
        other.stdin = None
    assert capsys.readouterr().out == f"Waiting: the other process (process {other.pid}) is working on {home.root}.\n"
