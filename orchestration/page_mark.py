"""Of which release the newest pages of quality were made: a mark beside them, which is written last.

Belongs here: the mark, so that a run that was killed between a release and its pages is noticed. Who writes the pages
is `orchestration.quality`; this imports nothing heavy, since every `pcw run` asks it.
"""

from datetime import UTC, datetime

from pcw.files import write_atomically
from pcw.home import Home
from publishing import shelf

MARK = "release.txt"


def marked(home: Home) -> str | None:
    """Id of the release whose pages were taken over last; None before the first, and where it cannot be read."""
    try:
        return (home.quality / MARK).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        return None


def mark(home: Home, release_id: str) -> None:
    """Say that the pages are those of this release, or newer."""
    write_atomically(home.quality / MARK, f"{release_id}\n")


def keep_up(home: Home) -> None:
    """Write the pages of a release that lacks them: a run before this one was killed in between."""
    if lags(home):
        from orchestration.page_guard import spared
        from orchestration.quality import catch_up

        spared(lambda: catch_up(home, datetime.now(UTC)))


def lags(home: Home) -> bool:
    """Whether the newest release was made and its pages were not taken over."""
    made = shelf.normal_releases(home)
    return bool(made) and marked(home) != made[-1].release_id
