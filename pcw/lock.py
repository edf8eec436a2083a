"""The one lock of a deployment: who changes anything under PCW_HOME holds it.

It keeps processes apart by a lock on a file, and the threads of one process by a lock in memory.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.home import Home

SAY_AFTER_SECONDS = 2.0
GIVE_UP_AFTER_SECONDS = 3600.0


class Busy(PcwError):
    """Somebody else held the lease for as long as the caller would wait."""


class _Lock:
    """Both locks of one file. Taking them again in the same thread only counts, so a run may start another inside."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._threads = threading.RLock()
        # Shared by all threads: it counts for whichever of them holds the lock above.
        self._processes = FileLock(path, thread_local=False)
        self._borrowed: int | None = None

    @property
    def is_outermost(self) -> bool:
        """Whether the holder has taken it once only."""
        return self._borrowed is None and self._processes.lock_counter == 1

    @property
    def descriptor(self) -> int:
        """The open file that is locked, while it is."""
        number = self._processes._context.lock_file_fd
        assert number is not None, "only who holds the lease can lend it"
        return number

    def borrow(self, descriptor: int) -> None:
        """Count it as taken by every thread in its turn, for as long as this process lives."""
        self._borrowed = descriptor

    def acquire(self, seconds: float) -> bool:
        """Take both locks within this time, or neither."""
        end = time.monotonic() + seconds
        if not self._threads.acquire(timeout=max(0.0, seconds)):
            return False
        if self._borrowed is not None:
            return True
        held = False
        try:
            with suppress(Timeout):
                self._processes.acquire(timeout=max(0.0, end - time.monotonic()))
                held = True
        finally:
            if not held:
                self._threads.release()
        return held

    def release(self) -> None:
        """Give both back; in the thread that took them."""
        if self._borrowed is None:
            self._processes.release()
        self._threads.release()


_first = threading.Lock()


@cache
def _of_file(path: Path) -> _Lock:
    return _Lock(path)


def _lock(path: Path) -> _Lock:
    # A cache alone may make two at the first call of two threads, and spells of a path must not make two either.
    with _first:
        return _of_file(path.resolve())


@contextmanager
def lease(home: Home, purpose: str, *, wait_seconds: float = GIVE_UP_AFTER_SECONDS) -> Iterator[None]:
    """Hold the one lock from choosing submissions to the flip; who waits is told who holds it.

    Args:
        home: the deployment to hold.
        purpose: what the holder is doing, told to those who wait.
        wait_seconds: how long to wait for another holder.

    Raises:
        Busy: somebody else held it all that time; says who.
    """
    lock = _lock(home.lock)
    holder = home.lock.with_suffix(".holder")
    if not lock.acquire(min(SAY_AFTER_SECONDS, wait_seconds)):
        _wait_and_say(lock, home, holder, wait_seconds)
    try:
        if lock.is_outermost:
            write_atomically(holder, f"{purpose} (process {os.getpid()})")
        yield
    finally:
        if lock.is_outermost:
            holder.unlink(missing_ok=True)
        lock.release()


def lent(home: Home) -> int:
    """What the holder of the lease gives to a process that it starts for `borrow`: the descriptor of the locked file.

    Both then have one lock: where the holder is killed, nobody else gets the lease before the other is gone too. A
    holder that gives it back gives it back for both.
    """
    return _lock(home.lock).descriptor


def borrow(home: Home, descriptor: int) -> None:
    """Work under the lease of the process that started this one, with what `lent` gave: to the end of this process."""
    _lock(home.lock).borrow(descriptor)


def _wait_and_say(lock: _Lock, home: Home, holder: Path, wait_seconds: float) -> None:
    if wait_seconds > SAY_AFTER_SECONDS:
        print(f"Waiting: {_who(holder)} is working on {home.root}.", flush=True)
        if lock.acquire(wait_seconds - SAY_AFTER_SECONDS):
            return
    waited = f"{wait_seconds / 60:g} minute(s)" if wait_seconds >= 60 else f"{wait_seconds:g} second(s)"
    raise Busy(f"{_who(holder)} is working on {home.root}, still after {waited}. End it if it hangs, then run again.")


def _who(holder: Path) -> str:
    try:
        return holder.read_text(encoding="utf-8")
    except FileNotFoundError:  # taken this instant, or just given back
        return "another process or thread"
