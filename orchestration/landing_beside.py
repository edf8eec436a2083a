"""Files that land side by side: processes that work under the lease of the one that started them.

Most of what a small file costs is work of one thread, so that one process leaves the other cores idle. Which files may
land at the same time is said in `landing_turn`. Belongs here: starting such processes, sharing out lanes, and ending
them all, however the run ends. What they write is what one process would: a folder of its own for each file.
"""

import multiprocessing
import os
import re
import signal
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from multiprocessing.resource_tracker import ensure_running
from typing import Any, cast

from expectations.gx_engine import gx_context
from orchestration.instance import end_dead_runs, recorded
from orchestration.job_runner import JobRunner
from orchestration.landing_jobs import landing_defs
from orchestration.landing_turn import Came, Done, Lane, in_turn
from orchestration.page_batch import Batch, left_to_others
from pcw.ending import ENDING, end_with, stop_if_ended
from pcw.errors import PcwError
from pcw.home import Home
from pcw.leaving import leave
from pcw.lock import borrow, lent
from sources.manifests import remembered

#: Fewer files have landed before a process is started for them.
FEW = 30
MOST = 4
END_SECONDS = 30.0
# Spawned: what is forked has the threads and databases of who forks it.
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class _Broken:
    """A process cannot go on, and why."""

    sentence: str


@dataclass(frozen=True)
class _Lease:
    """The descriptor of the lease on its way into a process that is just started."""

    descriptor: int

    def __reduce__(self) -> tuple[Any, ...]:
        return _given, (DupFd(self.descriptor),)


def _given(descriptor: Any) -> _Lease:
    return _Lease(descriptor.detach())


@dataclass
class Worker:
    """A process that lands what it is sent, and what it was sent last."""

    process: BaseProcess
    connection: Connection
    lane: Lane = ()


def processes_for(asked: int | None, waves: Sequence[Sequence[Lane]]) -> int:
    """How many processes are started to land these: none where few files wait, or all of one feed."""
    if sum(len(lane) for wave in waves for lane in wave) <= FEW:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = min(asked or min(cores, MOST), max(map(len, waves)))
    return processes if processes > 1 else 0


def share_of(memory_limit: str, processes: int) -> str:
    """What each of so many processes may take of a memory limit of DuckDB, like `4GB`; one without a number stays."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(\S+)\s*", memory_limit)
    return f"{float(found[1]) / processes:.3f}{found[2]}" if found else memory_limit


@contextmanager
def landing_processes(home: Home, processes: int, memory_limit: str) -> Iterator[Sequence[Worker]]:
    """So many processes for `side_by_side`; they get ready while the caller does. The caller holds the lease.

    Args:
        memory_limit: what all of them together may take.
    """
    with ExitStack() as started:
        yield [started.enter_context(_started(home, share_of(memory_limit, processes))) for _ in range(processes)]


def side_by_side(
    runner: JobRunner, workers: Sequence[Worker], waves: Sequence[Sequence[Lane]], pages: Batch
) -> Generator[Came | Done]:
    """Land lanes in these processes and say what came of each file as it comes. `pages` are those of the whole run.

    Raises:
        PcwError: one of the processes was ended, or cannot go on; the others are ended with it.
    """
    is_whole = False
    try:
        for wave in waves:
            yield from _wave(workers, list(wave))
        is_whole = True
    finally:
        if not is_whole:
            pages.owe()
            for worker in workers:
                worker.process.kill()
                worker.process.join()
            with suppress(PcwError), recorded(runner.home):  # the next run marks them else
                end_dead_runs(runner.instance)


def _wave(workers: Sequence[Worker], lanes: list[Lane]) -> Iterator[Came | Done]:
    idle, busy = list(workers), dict[Any, Worker]()
    while lanes or busy:
        while lanes and idle:
            worker = idle.pop()
            worker.lane = lanes.pop(0)
            with _noticing_its_end(worker):
                worker.connection.send(worker.lane)
            busy[worker.connection] = worker
        for connection in wait(list(busy)):
            message = _received(busy[connection])
            if isinstance(message, Done):
                idle.append(busy.pop(connection))
            yield message


def _received(worker: Worker) -> Came | Done:
    with _noticing_its_end(worker):
        message = worker.connection.recv()
    if isinstance(message, _Broken):
        raise PcwError(message.sentence)
    assert isinstance(message, Came | Done)
    return message


@contextmanager
def _noticing_its_end(worker: Worker) -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):
        stop_if_ended()
        worker.process.join(END_SECONDS)
        code, feed = worker.process.exitcode, worker.lane[0].found.dataset or "files of no known feed"
        why = "its error stands above" if code == 1 else "where memory was short: a smaller PCW_MEMORY_LIMIT"
        raise PcwError(
            f"The process that landed {feed} was ended (exit code {code}), and the run with it. What has landed stays "
            f"landed. Run it again ({why}, or PCW_LANDING_PROCESSES=1)."
        ) from None


@contextmanager
def _started(home: Home, memory_limit: str) -> Iterator[Worker]:
    """A process that lands what it is sent. It is killed where the run ends early: what is half is swept away."""
    ours, theirs = _SPAWN.Pipe()
    given = home, _Lease(lent(home)), memory_limit, theirs, os.getpid()
    process = _SPAWN.Process(target=_work, args=given, name="pcw landing", daemon=True)
    ensure_running()  # it unblocks what is blocked, where it starts the tracker
    # What is blocked here is blocked there, from its first moment: Ctrl-C is for who started it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    try:
        yield Worker(process, ours)
    except BaseException:
        process.kill()
        raise
    finally:
        ours.close()  # it waits for a lane, and there is none
        process.join(END_SECONDS)
        process.kill()
        process.join()


def _work(home: Home, lease: _Lease, memory_limit: str, lanes: Connection, parent: int) -> None:
    """What such a process does: gets ready, and lands the lanes that it is sent until nobody is there to send one."""
    end_with(parent)
    borrow(home, lease.descriptor)
    os.environ["PCW_MEMORY_LIMIT"] = memory_limit
    gx_context()
    defs = landing_defs()
    try:
        runner = None
        with remembered():
            while lane := _next_of(lanes):
                runner = runner or JobRunner(home, defs, is_alone=False)
                with left_to_others() as judged:
                    for came in in_turn(runner, lane):
                        lanes.send(came)
                lanes.send(Done(lane, frozenset(judged)))
    except PcwError as error:
        lanes.send(_Broken(str(error)))
    leave(0)


def _next_of(lanes: Connection) -> Lane | None:
    with suppress(EOFError, ConnectionError):
        return cast(Lane, lanes.recv())
    return None
