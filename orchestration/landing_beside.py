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
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import DupFd
from typing import Any

from expectations.gx_engine import gx_context
from orchestration.instance import end_dead_runs
from orchestration.job_runner import JobRunner
from orchestration.landing_jobs import landing_defs
from orchestration.landing_turn import Came, Done, Lane, in_turn
from orchestration.page_batch import batch
from orchestration.page_guard import spared
from orchestration.quality import write_index
from pcw.ending import end_with, stop_if_ended
from pcw.errors import PcwError
from pcw.home import Home
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


def processes_for(asked: int | None, files: int) -> int:
    """How many processes are started to land so many files: none where few wait, or for one alone."""
    processes = asked or min(len(os.sched_getaffinity(0)), MOST)
    return processes if files > FEW and processes > 1 else 0


def share_of(memory_limit: str, processes: int) -> str:
    """What each of so many processes may take of a memory limit of DuckDB, like `4GB`; one without a number stays."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(\S+)\s*", memory_limit)
    return f"{float(found[1]) / processes:.6g}{found[2]}" if found else memory_limit


@contextmanager
def landing_processes(home: Home, processes: int, memory_limit: str) -> Iterator[Sequence[Worker]]:
    """So many processes for `side_by_side`; they get ready while the caller does. The caller holds the lease.

    Args:
        memory_limit: what all of them together may take.
    """
    with ExitStack() as started:
        yield [started.enter_context(_started(home, share_of(memory_limit, processes))) for _ in range(processes)]


def side_by_side(
    runner: JobRunner, workers: Sequence[Worker], waves: Sequence[Sequence[Lane]]
) -> Generator[Came | Done]:
    """Land lanes in these processes and say what came of each file as it comes.

    Raises:
        PcwError: one of the processes was ended, or cannot record its runs; the others are ended with it.
    """
    is_whole = False
    try:
        for wave in waves:
            yield from _wave(workers, list(wave))
        is_whole = True
        # Each process has written an index of the pages that it knew of.
        yield Done((), has_pages=spared(lambda: write_index(runner.home, datetime.now(UTC))))
    finally:
        if not is_whole:
            for worker in workers:
                worker.process.kill()
                worker.process.join()
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
        raise PcwError(
            f"The process that landed {worker.lane[0].found.dataset or 'files of no known feed'} was ended (exit code "
            f"{worker.process.exitcode}), and the run with it. What has landed stays landed. Run it again; where "
            "memory was short, with a smaller PCW_MEMORY_LIMIT or with PCW_LANDING_PROCESSES=1."
        ) from None


@contextmanager
def _started(home: Home, memory_limit: str) -> Iterator[Worker]:
    """A process that lands what it is sent. It is killed where the run ends early: what is half is swept away."""
    ours, theirs = _SPAWN.Pipe()
    given = home, _Lease(lent(home)), memory_limit, theirs, os.getpid()
    process = _SPAWN.Process(target=_work, args=given, name="pcw landing", daemon=True)
    process.start()
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


def _work(home: Home, lease: _Lease, memory_limit: str, lanes: Connection, parent: int) -> None:
    """What such a process does: gets ready, and lands the lanes that it is sent until nobody is there to send one."""
    os.setsid()  # Ctrl-C is for who started it
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_with(parent)
    borrow(home, lease.descriptor)
    os.environ["PCW_MEMORY_LIMIT"] = memory_limit
    gx_context()
    defs, runner = landing_defs(), None
    try:
        with remembered(), suppress(EOFError, ConnectionError):
            while True:
                lane = lanes.recv()
                runner = runner or JobRunner(home, defs, is_alone=False)
                with batch(home, owes=False) as pages:
                    for came in in_turn(runner, lane):
                        lanes.send(came)
                lanes.send(Done(lane, pages.all_written))
    except PcwError as error:
        lanes.send(_Broken(str(error)))
