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
    "HF004": ("HF", 9, 0.55, 0.83, 0.11), "HYP006": ("HYP", 20, 0.98, 0.80, 0.04),
    "STIA007": ("STIA", 4, 0.72, 0.96, 0.05),
}  # fmt: skip
#: The other indicators of 2016-17, which have points here and no patients: with those above they make 559. The first of
#: a group, in most a register that is kept or not, has all of its own.
_OTHERS = {
    "AF001": 5, "AF006": 12, "CHD001": 4, "CHD002": 17, "CHD007": 7, "HF001": 4, "HF002": 6, "HF003": 10, "HYP001": 6,
    "PAD001": 2, "PAD002": 2, "PAD004": 2, "STIA001": 2, "STIA003": 5, "STIA008": 2, "STIA009": 2, "DM017": 6,
    "DM002": 8, "DM003": 10, "DM004": 6, "DM006": 3, "DM008": 8, "DM009": 10, "DM012": 4, "DM014": 11, "DM018": 3,
    "AST001": 4, "AST002": 15, "AST003": 20, "AST004": 6, "COPD001": 3, "COPD002": 5, "COPD004": 7, "COPD005": 5,
    "COPD007": 6, "DEM001": 5, "DEM004": 39, "DEM005": 6, "DEP003": 10, "MH001": 4, "MH002": 6, "MH003": 4, "MH007": 4,
    "MH008": 5, "MH009": 1, "MH010": 2, "CAN001": 5, "CAN003": 6, "CKD005": 6, "EP001": 1, "LD003": 4, "OST004": 3,
    "OST002": 3, "OST005": 3, "RA001": 1, "RA002": 5, "PC001": 3, "PC002": 3, "CVD-PP001": 10, "BP002": 15, "OB002": 8,
    "SMOK002": 25, "SMOK003": 2, "SMOK004": 12, "SMOK005": 25, "CS001": 7, "CS002": 11, "CS004": 2, "CON001": 4,
    "CON003": 3,
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
        for code, points in _OTHERS.items():
            share = min(0.86 + 0.2 * own_unit(practice.code, f"points {code} {at.day.year}"), 1.0)
            yield [practice.code, code, "ACHIEVED_POINTS", f"{points if code.endswith('001') else points * share:.2f}"]


def _deprivation(world: World) -> Iterable[list[object]]:
    """Scores of a poor city; a practice that opened after an edition has it by the homes of its patients."""
    for practice in world.listed:
        for edition, level in _EDITIONS.items():
            score = level * (14 + 46 * own_unit(practice.code, "deprivation"))
            score += 2 * own_unit(practice.code, f"edition {edition}")
            is_open = int(practice.closed is None)
            yield [93553, edition, practice.code, practice.name, is_open, f"{score:.8f}"]
