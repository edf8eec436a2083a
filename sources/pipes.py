"""A pipe with a file name: what only reads files reads a stream, and nothing of it touches the disk."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def piped(chunks: Callable[[], Iterable[bytes]], path: Path) -> Iterator[Path]:
    """A named pipe at `path` through which the chunks can be read once.

    Raises:
        Exception: whatever making the chunks raised, after the reader was done: it has seen only a part.
    """
    os.mkfifo(path, 0o600)

    def feed() -> None:
        with suppress(BrokenPipeError), path.open("wb") as out:  # the reader gave up, and says why
            for chunk in chunks():
                out.write(chunk)

    with ThreadPoolExecutor(1, f"pipe-{path.name}") as pool:
        writer = pool.submit(feed)
        try:
            yield path
        finally:
            while not writer.done():  # a reader that gave up, or never came, must not leave the writer waiting
                os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
                wait([writer], 0.01)
            path.unlink()
    writer.result()
