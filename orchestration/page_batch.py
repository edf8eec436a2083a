"""Pages of feeds while many files land: those of a feed are written when its last file has landed, not after each.

Belongs here: when they are written, and what is left behind for a run after one that was killed. What is on a page is
in `publishing.quality_pages`, how it is written in `orchestration.quality`.
"""

from collections.abc import Iterator
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

    def note(self, written: bool) -> None:
        """Pages that another process has written, or not."""
        self.all_written &= written

    def write(self, home: Home) -> None:
        for dataset in self.waiting:
            self.all_written &= _write(home, dataset)
        self.waiting.clear()


_BATCH: ContextVar[Batch | None] = ContextVar("batch", default=None)


@contextmanager
def batch(home: Home, *, owes: bool = True) -> Iterator[Batch]:
    """Many files in a row, those of a feed one after the other. However it ends, all pages are written.

    A process that is killed writes none: for this a mark stands beside the pages, and the next run writes them. The
    mark is that of the run: a process that lands a part of its files does not owe them.
    """
    made = Batch(all_written=not owes or (not page_mark.is_owed(home) and spared(lambda: page_mark.owe(home))))
    token = _BATCH.set(made)
    try:
        yield made
    finally:
        _BATCH.reset(token)
        made.write(home)
        if owes and made.all_written:
            spared(lambda: page_mark.settle(home))


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
