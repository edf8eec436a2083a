"""The hospital files of England: a month of each dataset, commissioner by commissioner.

Belongs here: how much activity there is, and the streaming of the files. Does not belong here: what a row is, which is
that of the ordinary sample. What the GP Specification counts keeps its rate; the rest is in proportion. Earlier files
and net corrections are left out. Identifiers are unlike in all months and commissioners, so that months may be loaded
together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from ..sus_admitted import SPELLS_A_YEAR, apce_extract, apcs_extract, build_spells
from ..sus_calendar import EC_FROM, SUS_FROM, file_stem, year_extract
from ..sus_emergency import ATTENDANCES_A_YEAR, aea_extract, build_attendances, ec_extract
from ..sus_outpatients import APPOINTMENTS_A_YEAR, build_appointments, opa_extract
from ..sus_people import People, build_people
from ..sus_tables import Extract
from ..world import PATIENTS_PER_92_PRACTICES
from .areas import PATIENTS_A_PRACTICE, PRACTICES, Area

#: Attendances, spells and appointments of England in a month of 2016-17.
ATTENDANCES, SPELLS, APPOINTMENTS = 2_100_000, 1_700_000, 10_000_000
AEA_UNTIL = date(2019, 4, 1)
#: How many times as many patients as the commissioner of the ordinary sample England has.
_TIMES = PRACTICES * PATIENTS_A_PRACTICE / PATIENTS_PER_92_PRACTICES


@dataclass(frozen=True)
class _Feed:
    """A hospital feed: activity of England in a month, that of the sample in a year, and what makes and prints it."""

    monthly: float
    yearly: float
    build: Callable[[People, list[date], int], Any]
    extract: Callable[[People, Any, list[datetime], int], Extract]


_FEEDS = {
    "sus_aea": _Feed(ATTENDANCES, ATTENDANCES_A_YEAR, build_attendances, aea_extract),
    "sus_ec": _Feed(ATTENDANCES, ATTENDANCES_A_YEAR, build_attendances, ec_extract),
    "sus_opa": _Feed(APPOINTMENTS, APPOINTMENTS_A_YEAR, build_appointments, opa_extract),
    "sus_apcs": _Feed(SPELLS, SPELLS_A_YEAR, build_spells, apcs_extract),
    "sus_apce": _Feed(SPELLS, SPELLS_A_YEAR, build_spells, apce_extract),
}
HOSPITAL_FEEDS = tuple(_FEEDS)


def months_of(feed: str) -> tuple[date, date | None]:
    """The first month of a hospital feed, and the first that it no longer has."""
    return (EC_FROM, None) if feed == "sus_ec" else (SUS_FROM, AEA_UNTIL if feed == "sus_aea" else None)


def write_hospital(folder: Path, areas: Sequence[Area], month: date, feeds: Sequence[str]) -> None:
    """Write the files of these feeds: `SEM_OPA_201718_M03.csv` and so on."""
    made = [year_extract([month], month)]
    with ExitStack() as stack:
        files: dict[str, BinaryIO] = {}
        for area in areas:
            people = replace(build_people(area.world, area.seed, [month]), numbers_from=_numbers_from(area, month))
            for feed in feeds:
                extract = _extract(_FEEDS[feed], people, month, area.seed, made)
                lines = extract.lines()
                header = next(lines)
                if feed not in files:
                    path = folder / f"{extract.dataset}_{file_stem(month)}.csv"
                    files[feed] = stack.enter_context(path.open("wb"))
                    files[feed].write(f"{header}\r\n".encode("ascii"))
                files[feed].write("".join(f"{line}\r\n" for line in lines).encode("ascii"))


def _extract(feed: _Feed, people: People, month: date, seed: int, made: list[datetime]) -> Extract:
    people = replace(people, scale=people.scale * feed.monthly * 12 / (feed.yearly * _TIMES))
    return feed.extract(people, feed.build(people, [month], seed), made, seed)


def _numbers_from(area: Area, month: date) -> int:
    """Far enough from the numbers of every other commissioner and month."""
    return ((month.year - 2010) * 12 + month.month) * 200_000_000_000 + area.number * 1_000_000_000
