"""Pages of quality stop nothing: where they cannot be written, work goes on without them and the log says so.

Belongs here: that one rule, for whoever writes pages in the course of something else. Who exists to write pages lets
the error through.
"""

import logging
from collections.abc import Callable

import duckdb

from pcw.errors import PcwError

log = logging.getLogger("pcw.pages")


def spared(write: Callable[[], None]) -> bool:
    """Write pages; whether they are written. A file that is in the way or a full disk is a warning in the log."""
    try:
        write()
    except (OSError, UnicodeError, duckdb.Error, PcwError) as error:
        log.warning(
            "The pages of quality could not be written: %s: %s. All else goes on; put that right, and the next "
            "`pcw run` that has something to do writes them.",
            type(error).__name__,
            error,
        )
        return False
    return True
