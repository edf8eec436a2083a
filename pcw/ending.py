"""That somebody told this process to end (Ctrl-C, SIGTERM): known for sure, whoever else handles the signal.

While a step runs, Dagster answers signals, and DuckDB makes an error of its own of what stops a query: what is raised
does not tell. Whoever makes failures into answers asks here before the next question. What is said belongs in
`orchestration.interrupting`.
"""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ENDING = frozenset({signal.SIGINT, signal.SIGTERM})
# What shells add to the number of the signal that ended a program: 130 after Ctrl-C.
BY_SIGNAL = 128
# How often a process looks whether the one that started it is still there.
LOOK_SECONDS = 0.2
# Of this process, as signals are; None where nobody looks, as in the daemon.
_noted: socket.socket | None = None


@contextmanager
def noticed() -> Iterator[None]:
    """Note signals meanwhile, for `ended_by`: the interpreter writes their numbers to a socket before any handler."""
    global _noted
    if threading.current_thread() is not threading.main_thread():  # signals are those of the main thread
        yield
        return
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        handled = signal.signal(signal.SIGTERM, _raise)
        _noted = reader
        try:
            yield
        finally:
            _noted = None
            signal.signal(signal.SIGTERM, handled)
            signal.set_wakeup_fd(before)


def _raise(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def stop_if_ended() -> None:
    """End here if a signal came, though the step that ran then went well.

    Raises:
        KeyboardInterrupt: one did.
    """
    if ended_by() is not None:
        raise KeyboardInterrupt


def ended_by() -> int | None:
    """Which signal told this process to end, if one did."""
    with suppress(BlockingIOError):
        numbers = _noted.recv(4096, socket.MSG_PEEK) if _noted is not None else b""
        return next((number for number in numbers if number in ENDING), None)
    return None


def end_with(parent: int) -> None:
    """Kill this process as soon as `parent` is not its parent any more. Returns at once; a thread looks."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, daemon=True).start()
