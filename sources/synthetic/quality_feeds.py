"""The feeds of clinical quality as their publishers write them: searches, QOF, deprivation.

Belongs here: QOF and deprivation files, and which files of the family a span of months has. Searches are
`quality_searches`, registers `quality_registers`. Nothing here draws from the random streams of other feeds.

- PREVALENCE_<yyyy>.csv and ACHIEVEMENT_<yyyy>.csv (1617 for 2016-17): each financial year that ended within the months,
  and the one before them. QOF counts what the searches count, within 2 %, but of two practices: see `ASTRAY`.
- IMD_by_practice.csv: the editions of 2010 and 2015.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from .evidence_charges import csv_bytes
from .months import financial_year_start
from .quality_registers import REGISTERS, OnDay, own_unit
from .quality_searches import search_files
from .world import Practice, World

#: Register of which two practices (places in the order of codes) have another count in QOF than in their searches, and
#: by which factor.
ASTRAY = {7: ("HYP", 1.09), 22: ("DM", 0.88)}
_AWAY = 0.015
#: Indicator of QOF -> register, its points, the share of the register that it judges, achievement, exceptions.
_INDICATORS = {
    "AF007": ("AF", 12, 0.86, 0.84, 0.06), "CHD005": ("CHD", 7, 0.97, 0.95, 0.03),
    "COPD003": ("COPD", 9, 0.96, 0.88, 0.09), "DM007": ("DM", 17, 0.97, 0.66, 0.10),
    "HF004": ("HF", 6, 0.55, 0.83, 0.11), "HYP006": ("HYP", 20, 0.98, 0.80, 0.04),
    "STIA007": ("STIA", 4, 0.72, 0.96, 0.05),
}  # fmt: skip
_EDITIONS = {2010: 1.04, 2015: 1.0}
PREVALENCE = ("PRACTICE_CODE", "GROUP_CODE", "REGISTER", "PATIENT_LIST_TYPE", "PATIENT_LIST_SIZE")
ACHIEVEMENT = ("PRACTICE_CODE", "INDICATOR_CODE", "MEASURE", "VALUE")
DEPRIVATION = ("IndicatorID", "Year", "AreaCode", "AreaName", "IsAreaCurrent", "Value")


def write_quality(folder: Path, world: World, first: date, last: date) -> None:
    """Write the files of the family that a span of months has."""
    files = search_files(world, first, last)
    for end in _year_ends(first, last):
        at, year = OnDay(world, end), f"{end.year % 100 - 1:02d}{end.year % 100:02d}"
        files[f"PREVALENCE_{year}.csv"] = csv_bytes(PREVALENCE, _prevalence(at))
        files[f"ACHIEVEMENT_{year}.csv"] = csv_bytes(ACHIEVEMENT, _achievement(at))
    files["IMD_by_practice.csv"] = csv_bytes(DEPRIVATION, _deprivation(world))
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _year_ends(first: date, last: date) -> list[date]:
    """31 March of the year before `first`, and those from then to `last`."""
    years = range(financial_year_start(first).year, last.year + 1)
    return [day for day in (date(year, 3, 31) for year in years) if day.replace(day=1) <= last]


def qof_register(at: OnDay, practice: Practice, group: str) -> int:
    """A register as QOF has it: close to what the practice's own search finds."""
    own = at.register(practice, group)
    for place, (astray, factor) in ASTRAY.items():
        if group == astray and at.own[place : place + 1] == (practice,):
            return round(own * factor)
    unit = own_unit(practice.code, f"qof {group} {at.day.year}")
    return own + round((2 * unit - 1) * int(_AWAY * own))


def _prevalence(at: OnDay) -> Iterable[list[object]]:
    for practice in at.practices:
        for group, (age, _, _) in REGISTERS.items():
            kind = f"{age:02d}OV" if age else "TOTAL"
            yield [practice.code, group, qof_register(at, practice, group), kind, at.aged(practice, age)]


def _achievement(at: OnDay) -> Iterable[list[object]]:
    for practice in at.practices:
        for code, (group, points, judged, share, excepted) in _INDICATORS.items():
            on_register = qof_register(at, practice, group)
            usual = 0.6 + 0.8 * own_unit(practice.code, f"excepted {code}")
            exceptions = round(on_register * judged * excepted * usual)
            denominator = round(on_register * judged) - exceptions
            better = 0.94 + 0.1 * own_unit(practice.code, f"achieved {code} {at.day.year}")
            numerator = min(round(denominator * share * better), denominator)
            achieved = points * min(numerator / (denominator * share), 1.0) if denominator else 0.0
            counted: dict[str, object] = {"REGISTER": on_register, "NUMERATOR": numerator, "DENOMINATOR": denominator}
            counted |= {"EXCEPTIONS": exceptions, "ACHIEVED_POINTS": f"{achieved:.2f}"}
            for measure, value in counted.items():
                yield [practice.code, code, measure, value]


def _deprivation(world: World) -> Iterable[list[object]]:
    """Scores of a poor city; a practice that opened after an edition has it by the homes of its patients."""
    for practice in world.listed:
        for edition, level in _EDITIONS.items():
            score = level * (14 + 46 * own_unit(practice.code, "deprivation"))
            score += 2 * own_unit(practice.code, f"edition {edition}")
            is_open = int(practice.closed is None)
            yield [93553, edition, practice.code, practice.name, is_open, f"{score:.8f}"]
