"""`write_england`: a month of feeds at the size of England, or a fraction of it.

Belongs here: what may be asked for, and the order of writing. Does not belong here: any content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pcw.errors import PcwError

from ..folder import begin, finish
from .areas import COMMISSIONERS, PRACTICES, SMALLEST, build_areas, country
from .hospital import HOSPITAL_FEEDS, months_of, write_hospital
from .prescribing import EPD_ROWS, write_epact2, write_epd
from .small import write_small

#: The large feeds by dataset; `small` are all others.
SMALL = "small"
FEEDS = ("epd", "epact2_age_band", *HOSPITAL_FEEDS, SMALL)
FIRST_MONTH = date(2014, 1, 1)
#: Two commissioners of the smallest size.
SMALLEST_FRACTION = 0.002


@dataclass(frozen=True)
class EnglandSummary:
    """What was written: `files` are names in `out`; `commissioner` is what PCW_COMMISSIONER says for them."""

    out: Path
    month: date
    practices: int
    commissioner: str
    files: tuple[str, ...]
    byte_count: int


def write_england(
    out: Path, month: date, *, fraction: float = 1.0, feeds: Sequence[str] = (), seed: int = 20170829
) -> EnglandSummary:
    """Write the feeds of a month (any day of it) into `out`; the same arguments give the same bytes.

    `fraction` is the share of England's practices, of at most 106 commissioners; all counts are in proportion. Without
    `feeds` it is all that the month has. There is no truth: the folder holds the feeds and the note of what was
    written. Raises PcwError for a fraction, a month or a feed that cannot be, and for a folder that holds anything
    which no sample wrote.
    """
    month = month.replace(day=1)
    if month < FIRST_MONTH:
        raise PcwError(f"A sample begins with {FIRST_MONTH:%Y-%m} or later; got {month:%Y-%m}.")
    if not SMALLEST_FRACTION <= fraction <= 1:
        raise PcwError(
            f"A fraction of England is from {SMALLEST_FRACTION} ({round(PRACTICES * SMALLEST_FRACTION)} practices) to "
            f"1 ({PRACTICES:,} practices of {COMMISSIONERS} commissioners); got {fraction}."
        )
    wanted = _wanted(month, feeds)
    practices = max(round(PRACTICES * fraction), 2 * SMALLEST)
    out = out.resolve()
    beside = begin(out)
    areas = build_areas(month, seed, practices)
    if "epd" in wanted:
        write_epd(beside, areas, month, round(EPD_ROWS * practices / PRACTICES))
    if "epact2_age_band" in wanted:
        write_epact2(beside, areas, month)
    write_hospital(beside, areas, month, [feed for feed in HOSPITAL_FEEDS if feed in wanted])
    if SMALL in wanted:
        write_small(beside, areas, month)
    arguments = {"month": f"{month:%Y-%m}", "fraction": fraction, "seed": seed, "feeds": wanted}
    written, size = finish(beside, out, {"scale": "england", **arguments})
    return EnglandSummary(out, month, practices, country(areas).description.commissioner, written, size)


def _wanted(month: date, feeds: Sequence[str]) -> list[str]:
    """The feeds of a month in the order of writing: all that it has, or those that were named."""
    unknown = sorted(set(feeds) - set(FEEDS))
    if unknown:
        raise PcwError(f"No feed of England is called {', '.join(unknown)}. Known are {', '.join(FEEDS)}.")
    absent = [feed for feed in HOSPITAL_FEEDS if not _has(month, feed)]
    missing = [feed for feed in feeds if feed in absent]
    if missing:
        first, until = months_of(missing[0])
        span = f"from {first:%Y-%m} on" if until is None else f"from {first:%Y-%m} until before {until:%Y-%m}"
        raise PcwError(f"{missing[0]} is sent {span}; {month:%Y-%m} has none. Ask for another month, or other feeds.")
    return [feed for feed in FEEDS if (feed in feeds if feeds else feed not in absent)]


def _has(month: date, feed: str) -> bool:
    first, until = months_of(feed)
    return first <= month and (until is None or month < until)
