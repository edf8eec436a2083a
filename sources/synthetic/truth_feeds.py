"""Reads written feed files back into plain rows, as a person with a spreadsheet would.

Belongs here: opening, decoding and naming columns, for `truth` alone. Does not belong here: any rule about what a row
means (`truth_components`, `truth_organisations`, `truth_results`). Nothing of the generator and nothing of the pipeline
is used: truth is a second opinion on both.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

Count = dict[str, int]


@dataclass
class PracticeMonth:
    """Prescribing of one code in one month: totals, and items by presentation code as printed."""

    quantity: Decimal = Decimal(0)
    nic: Decimal = Decimal(0)
    actual_cost: Decimal = Decimal(0)
    items: Count = field(default_factory=lambda: defaultdict(int))


@dataclass
class RegisterRow:
    """One line of epraccur."""

    code: str
    opened: date
    closed: date | None
    status: str
    commissioner: str
    joined: date | None
    left: date | None
    setting: str


@dataclass
class Membership:
    """One line of the groups file."""

    practice: str
    org_type: str
    org_code: str
    valid_from: date
    valid_to: date | None


@dataclass
class Feeds:
    """Everything that was read. Lists: extract month -> practice -> (sex, first age) -> patients."""

    register: list[RegisterRow]
    successions: list[tuple[str, str, date]]
    memberships: list[Membership]
    code_changes: list[tuple[str, str, date | None]]
    lists: dict[date, dict[str, dict[tuple[str, int], int]]]
    hospital_weighted: dict[date, dict[str, Decimal]]
    epd: dict[date, dict[str, PracticeMonth]]
    #: month -> practice -> (presentation code, first age of the band or None where unknown) -> items
    ages: dict[date, dict[str, dict[tuple[str, int | None], int]]]
    snapshot_periods: set[date]
    #: Quarter -> practice -> Carr-Hill weighted list.
    carr_hill: dict[date, dict[str, Decimal]]


def text_of(path: Path) -> str:
    """Text of a file, plain, gzipped or zipped (one member beside Mac junk); UTF-8 (BOM or not) or Latin-1."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    elif path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (member,) = (name for name in archive.namelist() if not name.startswith("__MACOSX"))
            content = archive.read(member)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _rows(path: Path, *wanted: str) -> Iterator[list[str]]:
    """The wanted columns of a file with a header; `A|B` takes whichever of the names the header has."""
    reader = csv.reader(io.StringIO(text_of(path), newline=""))
    header = next(reader)
    places = [next(header.index(name) for name in names.split("|") if name in header) for names in wanted]
    for row in reader:
        yield [row[place].strip() for place in places]


def _day(text: str) -> date | None:
    for style in ("%Y%m%d", "%Y-%m-%d", "%d%b%Y", "%d-%b-%y", "%d/%m/%Y") if text else ():
        try:
            return datetime.strptime(text, style).date()
        except ValueError:
            continue
    return None


def _certain_day(text: str) -> date:
    day = _day(text)
    if day is None:
        raise ValueError(f"{text!r} is no date that the sample feeds write")
    return day


def _month(text: str) -> date:
    digits = re.sub(r"\D", "", text)
    return date(int(digits[:4]), int(digits[4:6]), 1)


def first_age(band: str) -> int | None:
    """First age of a band (`0_4`, `95+`, `70-74`, `90+`), None for ALL and UNKNOWN."""
    found = re.match(r"\d+", band)
    return int(found.group()) if found else None


def _register(path: Path) -> list[RegisterRow]:
    rows = []
    for row in csv.reader(io.StringIO(text_of(path), newline="")):
        opened, closed = _certain_day(row[10]), _day(row[11])
        place = (row[14], _day(row[15]), _day(row[16]), row[25])
        rows.append(RegisterRow(row[0], opened, closed, row[12], *place))
    return rows


def _list(path: Path) -> tuple[date, dict[str, dict[tuple[str, int], int]]]:
    practices: dict[str, dict[tuple[str, int], int]] = defaultdict(dict)
    day = None
    for extract, org_type, code, sex, band, patients in _rows(
        path, "EXTRACT_DATE", "ORG_TYPE", "ORG_CODE", "SEX", "AGE_GROUP_5", "NUMBER_OF_PATIENTS"
    ):
        day = day or _certain_day(extract)
        age = first_age(band)
        # Totals are left out: other organisations, both sexes, all ages.
        if org_type == "GP" and sex != "ALL" and age is not None:
            practices[code][sex, age] = int(patients)
    if day is None:
        raise ValueError(f"{path.name} has no rows")
    return day.replace(day=1), dict(practices)


def _epd(path: Path) -> tuple[date, dict[str, PracticeMonth]]:
    practices: dict[str, PracticeMonth] = defaultdict(PracticeMonth)
    months = set()
    drug = "BNF_CODE|BNF_PRESENTATION_CODE"
    for month, code, presentation, items, quantity, nic, cost in _rows(
        path, "YEAR_MONTH", "PRACTICE_CODE", drug, "ITEMS", "TOTAL_QUANTITY", "NIC", "ACTUAL_COST"
    ):
        months.add(month)
        practice = practices[code]
        practice.items[presentation] += int(items)
        practice.quantity += Decimal(quantity)
        practice.nic += Decimal(nic)
        practice.actual_cost += Decimal(cost)
    (only,) = months
    return _month(only), dict(practices)


def _ages(path: Path) -> tuple[date, dict[str, dict[tuple[str, int | None], int]]]:
    practices: dict[str, dict[tuple[str, int | None], int]] = defaultdict(lambda: defaultdict(int))
    months = set()
    practice, drug = "PRACTICE_CODE|Practice Code", "BNF_CODE|BNF Presentation Code"
    for month, code, presentation, band, items in _rows(
        path, "YEAR_MONTH|Year Month", practice, drug, "AGE_BAND|Age Band", "ITEMS|Items"
    ):
        months.add(month)
        practices[code][presentation, first_age(band)] += int(items)
    (only,) = months
    return _month(only), dict(practices)


def read_feeds(folder: Path) -> Feeds:
    """Every feed file of a sample folder."""
    successions = [
        (row[0], row[1], _certain_day(row[3]))
        for row in csv.reader(io.StringIO(text_of(folder / "succ.csv"), newline=""))
    ]
    memberships = [
        Membership(practice, org_type, org_code, _certain_day(since), _day(until))
        for practice, org_type, org_code, since, until in _rows(
            folder / "practice_groups.csv", "practice_code", "org_type", "org_code", "valid_from", "valid_to"
        )
    ]
    changes = [
        (old, new, _day(since))
        for since, old, new in _rows(folder / "bnf_code_changes.csv", "effective_from", "old_code", "new_code")
    ]
    hospital = {}
    for path in sorted(folder.glob("need_weighted_population_*.csv")):
        year = date(int(path.stem.rsplit("_", 1)[1][:4]), 4, 1)
        hospital[year] = {code: Decimal(weighted) for code, weighted in _rows(path, "GP Practice code", "WP_G&A")}
    lists = dict(_list(path) for path in sorted(folder.glob("gp-reg-pat-prac-quin-age_*.csv")))
    carr_hill = {}
    for path in sorted(folder.glob("carr_hill_list_*.csv")):
        weighted = _rows(path, "PRACTICE_CODE", "PRACTICE_NORMALISED_WEIGHTED_LIST_SIZE")
        carr_hill[_month(path.stem.rsplit("_", 1)[1])] = {code: Decimal(patients) for code, patients in weighted}
    return Feeds(
        register=_register(folder / "epraccur.csv"),
        successions=successions,
        memberships=memberships,
        code_changes=changes,
        lists=lists,
        hospital_weighted=hospital,
        epd=dict(_epd(path) for path in sorted(folder.glob("EPD_*"))),
        ages=dict(_ages(path) for path in sorted(folder.glob("ePACT2_*"))),
        snapshot_periods=set(carr_hill) | set(lists) | set(hospital),
        carr_hill=carr_hill,
    )
