"""A question to DuckDB that ends: after so many seconds, or when the process was told to end, it is interrupted.

Belongs here: the clock and the interruption. What an unanswered question means belongs in `gx_engine`.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from pcw.ending import ended_by

# The slowest check of a whole commissioner takes seconds; what takes so long hangs, and holds up every figure.
CHECK_SECONDS = 600.0
LOOK_AFTER = 0.2


class Interruptible(Protocol):
    """A DuckDB connection, of whichever wrapper."""

    def interrupt(self) -> None:
        """End the statement that runs now, if one does."""


class TimeLimit:
    """Whether the time of a question ran out, in words."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.ran_out = seconds, False

    def __str__(self) -> str:
        return f"it gave no answer within {self.seconds:g} seconds and was stopped"


@contextmanager
def time_limit(connection: Interruptible, seconds: float) -> Iterator[TimeLimit]:
    """Interrupt what runs on the connection after so many seconds, and whatever is tried on it afterwards.

    A signal does so too: the main thread waits in DuckDB, where no handler of Python is called. One question may be
    several statements, and Great Expectations sends each that failed three times.
    """
    limit, done = TimeLimit(seconds), threading.Event()
    end = time.monotonic() + seconds

    def watch() -> None:
        while not done.wait(min(LOOK_AFTER, seconds)):
            limit.ran_out = time.monotonic() >= end
            if limit.ran_out or ended_by() is not None:
                connection.interrupt()

    thread = threading.Thread(target=watch, name="time limit of a check", daemon=True)
    thread.start()
    try:
        yield limit
    finally:
        done.set()
        thread.join()
