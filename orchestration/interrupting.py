"""Ctrl-C (or SIGTERM) during a run from the shell: that it came is known for sure, and is said in one sentence.

While a step runs, Dagster answers signals, and DuckDB makes an error of its own of what stops a query: what is raised
does not tell. Nothing has to be undone here, as after kill -9: what is half is swept away by the next run.
"""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pcw.home import Home
from publishing.shelf import current_id

ENDING = frozenset({signal.SIGINT, signal.SIGTERM})
# What shells add to the number of the signal that ended a program: 130 after Ctrl-C.
BY_SIGNAL = 128
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


def sentence(home: Home, landed: int, waiting: int, release_before: str | None) -> str:
    """What was finished, what readers see, and how to go on."""
    files = f"{landed} of {waiting} new file(s) landed and stay landed" if waiting else "No file was landed"
    release = current_id(home)
    if release is None:
        seen = "There is no release yet"
    elif release == release_before:
        seen = f"Readers see release {release} as before"
    else:
        seen = f"Release {release} is published, whole, though not everybody may have been told"
    return f"Interrupted. {files}. {seen}; nothing half is published. Run the same command again: it goes on from here."
