"""Of what the newest pages of quality were made: marks beside them.

Belongs here: the marks, so that a run that was killed between a release and its pages, or while files landed, is
noticed. `MARK` names the release and is written last; `OWED` stands while files land (`orchestration.page_batch`). Who
writes the pages is `orchestration.quality`; this imports nothing heavy, since every `pcw run` asks it.
"""

from datetime import UTC, datetime

from pcw.files import write_atomically
from pcw.home import Home
from publishing import shelf

MARK = "release.txt"
OWED = "unwritten.txt"


def marked(home: Home) -> str | None:
    """Id of the release whose pages were taken over last; None before the first, and where it cannot be read."""
    try:
        return (home.quality / MARK).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return None


def mark(home: Home, release_id: str) -> None:
    """Say that the pages are those of this release, or newer."""
    write_atomically(home.quality / MARK, f"{release_id}\n")


def owe(home: Home) -> None:
    """Say that pages are behind what landed, until `settle`."""
    home.quality.mkdir(parents=True, exist_ok=True)
    write_atomically(home.quality / OWED, "Files are landing. If none is, the next `pcw run` writes these pages.\n")


def is_owed(home: Home) -> bool:
    """Whether pages are, or were left, behind what landed."""
    return (home.quality / OWED).exists()


def settle(home: Home) -> None:
    """All pages are written."""
    (home.quality / OWED).unlink(missing_ok=True)


def keep_up(home: Home) -> None:
    """Write the pages that a run before this one left behind: it was killed, or could not write them."""
    behind = lags(home)
    if behind or is_owed(home):
        from orchestration.page_guard import spared
        from orchestration.quality import catch_up, write_all

        def write() -> None:
            (catch_up if behind else write_all)(home, datetime.now(UTC))
            settle(home)

        spared(write)


def lags(home: Home) -> bool:
    """Whether the newest release was made and its pages were not taken over."""
    made = shelf.normal_releases(home)
    return bool(made) and marked(home) != made[-1].release_id
