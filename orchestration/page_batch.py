"""Pages of feeds while many files land: those of a feed are written when its last file has landed, not after each.

Belongs here: when they are written, and what is left behind for a run after one that was killed. What is on a page is
in `publishing.quality_pages`, how it is written in `orchestration.quality`.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from orchestration import page_mark
from orchestration.page_guard import spared
from orchestration.quality import write_of_file
from pcw.home import Home


@dataclass
class Batch:
    """The feeds whose pages wait (None: that of no known feed), and whether all were written so far."""

    waiting: set[str | None] = field(default_factory=set)
    all_written: bool = True
    writes: bool = True

    def owe(self) -> None:
        """Some pages are not written that nobody here knows of: the next run writes all."""
        self.all_written = False

    def take(self, home: Home, feeds: Collection[str | None]) -> None:
        """Write the pages of feeds whose files another process has landed."""
        self.waiting.update(feeds)
        self.write(home)

    def write(self, home: Home) -> None:
        """Write what waits, unless another process does."""
        if not self.writes:
            return
        for dataset in self.waiting:
            self.all_written &= _write(home, dataset)
        self.waiting.clear()


_BATCH: ContextVar[Batch | None] = ContextVar("batch", default=None)


@contextmanager
def batch(home: Home) -> Iterator[Batch]:
    """Many files in a row, those of a feed one after the other. However it ends, all pages are written.

    A process that is killed writes none: for this a mark stands beside the pages, and the next run writes them.
    """
    made = Batch(all_written=not page_mark.is_owed(home) and spared(lambda: page_mark.owe(home)))
    token = _BATCH.set(made)
    try:
        yield made
    finally:
        _BATCH.reset(token)
        made.write(home)
        if made.all_written:
            spared(lambda: page_mark.settle(home))


@contextmanager
def left_to_others() -> Iterator[set[str | None]]:
    """Files that land here for another process: it writes the pages of the feeds that are gathered meanwhile."""
    token = _BATCH.set(made := Batch(writes=False))
    try:
        yield made.waiting
    finally:
        _BATCH.reset(token)


def file_was_judged(home: Home, dataset: str | None, *, refused: bool) -> None:
    """Write the pages of a feed, now or, in a batch, when its last file has landed.

    A refused file has its page at once: no release may follow, and an alert leads there.
    """
    made = _BATCH.get()
    if made is None:
        _write(home, dataset)
        return
    if dataset not in made.waiting:
        made.write(home)
    made.waiting.add(dataset)
    if refused:
        made.write(home)


def _write(home: Home, dataset: str | None) -> bool:
    return spared(lambda: write_of_file(home, dataset, datetime.now(UTC)))
