"""The practice feeds as their publishers write them: registers, lists, weighted populations.

Belongs here: file names, columns, date styles and quoting of the practice family. Does not belong here: who exists
(`world`) and how old the patients are (`population`). Every function returns file name -> bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from math import exp

from .formulary import CODE_CHANGES
from .months import MONTHLY_LISTS_FROM, financial_year_name, financial_year_start, list_month, quarter_start
from .population import BANDS, SEXES, Cells, lists_by_age, starpu
from .world import JOINED, Practice, World

Files = dict[str, bytes]
_NEW_VOCABULARY = date(2024, 1, 1)
_ROLES = {"4": "RO177;RO76", "1": "RO177;RO87", "13": "RO177;RO82", "8": "RO177;RO85", "2": "RO177;RO80"}


def _text(lines: Iterable[str], end: str = "\r\n") -> bytes:
    return (end.join(lines) + end).encode("utf-8")


def _ymd(day: date | None) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _extract_date(day: date) -> str:
    """01APR2016 until 2017-03, 01-Apr-17 since."""
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[day.month - 1]
    if day >= MONTHLY_LISTS_FROM:
        return f"{day.day:02d}-{month}-{day.year % 100:02d}"
    return f"{day.day:02d}{month.upper()}{day.year}"


def registers(world: World, last: date) -> Files:
    """epraccur, succ, practice_groups and bnf_code_changes, as they stand at the end of the span."""
    return {
        "epraccur.csv": _epraccur(world, last),
        "succ.csv": _text([f'"{world.predecessor}","{world.successor}","R","{_ymd(world.merged_on)}","C"']),
        "practice_groups.csv": _practice_groups(world),
        "bnf_code_changes.csv": _text(
            ["effective_from,old_code,new_code", *(f"{day},{old},{new}" for old, new, day in CODE_CHANGES)]
        ),
    }


def _epraccur(world: World, last: date) -> bytes:
    renamed = last >= _NEW_VOCABULARY
    lines = []
    for practice in world.practices:
        status = {"A": "ACTIVE", "C": "INACTIVE"}[practice.status] if renamed else practice.status
        setting = _ROLES[practice.setting] if renamed else practice.setting
        record = [practice.code, practice.name, "Y54", "Q75"]
        record += [f"{practice.name.split()[0]} HOUSE", "1 SAMPLE STREET", "SAMPLETON", "", "", practice.postcode]
        record += [_ymd(practice.opened), _ymd(practice.closed), status, "B", practice.commissioner]
        record += [_ymd(max(practice.opened, JOINED)), _ymd(practice.closed), "0100 0000000"]
        record += ["", "", "", "0", "", practice.commissioner, "", setting, ""]
        lines.append(",".join(f'"{value}"' for value in record))
    return _text(lines)


def _practice_groups(world: World) -> bytes:
    lines = ["practice_code,org_type,org_code,org_name,valid_from,valid_to"]
    for row in world.memberships:
        until = row.valid_to.isoformat() if row.valid_to else ""
        lines.append(f"{row.practice_code},{row.org_type},{row.org_code},{row.org_name},{row.valid_from},{until}")
    return _text(lines, "\n")


def lists(world: World, months: Sequence[date]) -> Files:
    """Registered lists by age, and their totals, for every list that serves one of `months`."""
    files: Files = {}
    ons = {code: one.ons_code for code, one in world.description.everyone.items()}
    for day in sorted({list_month(month) for month in months}):
        cells = lists_by_age(world, day)
        files[f"gp-reg-pat-prac-quin-age_{day:%Y-%m}.csv"] = _quin_age(day, cells, ons)
        files[f"gp-reg-pat-prac-all_{day:%Y-%m}.csv"] = _totals(day, cells, ons)
    return files


def _organisation_rows(prefix: str, cells: Cells) -> list[str]:
    men, women = cells[: len(BANDS)], cells[len(BANDS) :]
    rows = [f"{prefix},ALL,ALL,{sum(cells)}"]
    for sex, part in zip(SEXES, (men, women), strict=True):
        rows.append(f"{prefix},{sex},ALL,{sum(part)}")
        rows.extend(f"{prefix},{sex},{band},{patients}" for band, patients in zip(BANDS, part, strict=True))
    return rows


def _quin_age(day: date, cells: dict[Practice, Cells], ons: Mapping[str, str]) -> bytes:
    lines = ["PUBLICATION,EXTRACT_DATE,ORG_TYPE,ORG_CODE,ONS_CODE,POSTCODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS"]
    head = f"GP_PRAC_PAT_LIST,{_extract_date(day)}"
    for commissioner, ons_code in sorted(ons.items()):
        # Totals of the commissioners stand in the same file: who sums blindly counts everybody twice.
        of_theirs = [row for practice, row in cells.items() if practice.commissioner == commissioner]
        total = reduce(lambda left, right: tuple(a + b for a, b in zip(left, right, strict=True)), of_theirs)
        lines += _organisation_rows(f"{head},CCG,{commissioner},{ons_code},", total)
    for practice, row in cells.items():
        lines += _organisation_rows(f"{head},GP,{practice.code},,{practice.postcode}", row)
    return _text(lines)


def _totals(day: date, cells: dict[Practice, Cells], ons: Mapping[str, str]) -> bytes:
    names = "SUB_ICB_LOCATION_CODE,ONS_SUB_ICB_LOCATION_CODE" if day >= date(2022, 7, 1) else "CCG_CODE,ONS_CCG_CODE"
    lines = [f"PUBLICATION,EXTRACT_DATE,TYPE,{names},CODE,POSTCODE,SEX,AGE,NUMBER_OF_PATIENTS"]
    for practice, row in cells.items():
        place = f"{practice.commissioner},{ons[practice.commissioner]},{practice.code},{practice.postcode}"
        lines.append(f"GP_PRAC_PAT_LIST,{_extract_date(day)},GP,{place},ALL,ALL,{sum(row)}")
    return _text(lines)


def weighted_lists(world: World, months: Sequence[date]) -> Files:
    """Carr-Hill lists by quarter, need-weighted populations by financial year."""
    files: Files = {}
    for quarter in sorted({quarter_start(month) for month in months}):
        lines = [
            "FINANCIAL_QUARTER_DATE,PRACTICE_CODE,COMMISSIONER_CODE,PRACTICE_LIST_SIZE,"
            "PRACTICE_NORMALISED_WEIGHTED_LIST_SIZE"
        ]
        day = f"{quarter:%d/%m/%Y}" if quarter >= MONTHLY_LISTS_FROM else quarter.isoformat()
        for practice, row in lists_by_age(world, quarter).items():
            weighted = _carr_hill(row)
            lines.append(f"{day},{practice.code},{practice.commissioner},{sum(row)},{weighted:.2f}")
        files[f"carr_hill_list_{quarter:%Y-%m}.csv"] = _text(lines)
    for year in sorted({financial_year_start(month) for month in months}):
        lines = ["GP Practice code,GP_pop,WP_G&A,WP_CS,WP_MH,WP_Mat,WP_HCHS,WP_Presc,WP_Overall"]
        for practice, row in _allocated(world, year).items():
            patients = sum(row)
            weights = [_need(row, power) * patients for power in (1.0, 0.8, 0.3, -0.6, 0.7, 0.95, 0.75)]
            lines.append(",".join([practice.code, str(patients), *(f"{weight:.5f}" for weight in weights)]))
        files[f"need_weighted_population_{financial_year_name(year)}.csv"] = _text(lines)
    return files


def carr_hill_weights(world: World, quarter: date) -> dict[Practice, float]:
    """The normalised weighted list (Carr-Hill) of each practice in the quarter that begins on `quarter`."""
    return {practice: _carr_hill(row) for practice, row in lists_by_age(world, quarter).items()}


def _carr_hill(cells: Cells) -> float:
    return _need(cells, 0.5) * sum(cells)


def hospital_weights(world: World, year: date) -> dict[Practice, float]:
    """The hospital-weighted population (WP_G&A) of each practice in the financial year that begins on `year`."""
    return {practice: _need(row, 1.0) * sum(row) for practice, row in _allocated(world, year).items()}


def _allocated(world: World, year: date) -> dict[Practice, Cells]:
    """The lists that a year's allocation is made of: of April, and the first one of a practice that opens later in it.

    Without the latter, whoever it belongs to would have no denominator until a year after the next April.
    """
    cells = dict(lists_by_age(world, year))
    for practice in world.listed:
        if year < practice.opened < date(year.year + 1, 4, 1):
            cells[practice] = lists_by_age(world, practice.opened)[practice]
    return {practice: cells[practice] for practice in world.listed if practice in cells}


def _need(cells: Cells, power: float) -> float:
    """Need of one list relative to the usual 0.49 STAR-PU per patient: above 1 for an older list."""
    return exp(power * (starpu(cells) / sum(cells) / 0.49 - 1))
