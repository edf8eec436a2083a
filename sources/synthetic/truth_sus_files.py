"""Reads the hospital files of a sample back: one pass per file, by position, into short tuples.

Belongs here: finding the files by their header, dates and money as they are printed, and what one row says. Does not
belong here: which file or row counts (`truth_sus_rules`) and what is summed (`truth_sus`). Plain `csv`; a year of a
large commissioner is a million rows and more, so that nothing here makes a dictionary per row.

A row is (record, (provider, month), extract, deleted, facts, hundredths): `record` is what a later version of the row
replaces, `hundredths` its cost in pence, and `facts` depends on the dataset:

| dataset | facts |
|---|---|
| aea, ec | practice, counts, GP Specification, with minor investigations |
| opa | practice, treatment function, counts, attended, first, GP, dental, consultant |
| apcs | spell, practice, function, counts, method, patient, admitted, discharged, days, diagnoses, procedures, class |
| apce | spell, episode number, primary diagnosis |

`counts` is false for private patients and for what has no practice; of ec it is None for known duplicates, of spells
for private ones.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from .truth_sus_codes import (
    AEA_ADVICE,
    AEA_DISCHARGED,
    AEA_MINOR_INVESTIGATION,
    AEA_NEUTRAL,
    AEA_NO_INVESTIGATION,
    ATTENDED,
    DENTAL,
    EC_ADVICE,
    EC_DISCHARGED,
    EC_MINOR_INVESTIGATION,
    EC_NEUTRAL,
    EC_NO_INVESTIGATION,
    EC_NOT_AMBULANCE,
    EC_SELF,
    FIRST,
    FIRST_OR_FOLLOW_UP,
    FUTURE,
    GP,
    NO_PRACTICE,
    NOT_CONSULTANT,
    PRIVATE,
    is_advice_only,
    is_in_hours,
)

Scope = tuple[str, date]
Row = tuple[str, Scope, str, bool, tuple[Any, ...], int]

#: Key column of each dataset. Episodes carry the key of their spell too, so that they are asked first.
_KEYS = (
    ("aea", "aea_ident"),
    ("ec", "ec_ident"),
    ("apce", "apce_ident"),
    ("apcs", "apcs_ident"),
    ("opa", "opa_ident"),
)
DATASETS = tuple(sorted(name for name, _ in _KEYS))

#: Names that a column may have, where it is not always the same.
_ALIASES = {
    "extract_date_time": ("extract_date_time", "cds_extract_date_time", "extract_time"),
    "tariff_total_payment": ("tariff_total_payment", "sus_tariff"),
    "grand_total_payment_mff": ("grand_total_payment_mff", "finalprice", "final_price"),
    "ec_attendancecategory": ("ec_attendancecategory", "ec_attendance_category"),
}


@dataclass
class Extract:
    """One file: what its sidecar says, which provider-months it stands for, and its rows."""

    name: str
    dataset: str
    sha256: str
    received: str
    protocol: str
    status: str
    scopes: set[Scope] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)
    newest: str = ""


def find_extracts(folder: Path) -> dict[str, list[Path]]:
    """The hospital files of a folder by dataset, known by their header; other feeds are passed over."""
    found: dict[str, list[Path]] = {name: [] for name in DATASETS}
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".csv", ".csv.gz", ".zip")):
            with _open(path) as file:
                dataset = _dataset(_header(csv.reader(file)))
            if dataset:
                found[dataset].append(path)
    return found


def _header(reader: Iterator[list[str]]) -> list[str]:
    return [name.strip().lower() for name in next(reader, [])]


def _dataset(header: list[str]) -> str | None:
    return next((name for name, key in _KEYS if key in header), None)


@contextmanager
def _open(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as raw:
        binary: Any = raw
        if path.suffix == ".gz":
            binary = gzip.GzipFile(fileobj=raw)
        elif path.suffix == ".zip":
            archive = zipfile.ZipFile(raw)
            binary = archive.open(next(name for name in archive.namelist() if not name.startswith("__MACOSX")))
        with io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace", newline="") as text:
            yield text


def _sidecar(path: Path) -> dict[str, Any]:
    beside = path.with_name(f"{path.name}.meta.json")
    return dict(json.loads(beside.read_text(encoding="utf-8"))) if beside.is_file() else {}


def read_extract(path: Path) -> Extract:
    """One hospital file."""
    with _open(path) as file:
        reader = csv.reader(file)
        header = _header(reader)
        dataset = _dataset(header)
        if dataset is None:
            raise ValueError(f"{path.name} is no hospital file")
        said = _sidecar(path)
        extract = Extract(
            path.name,
            dataset,
            hashlib.sha256(path.read_bytes()).hexdigest(),
            str(said.get("received_at", "")),
            str(said.get("protocol", "bulk")),
            str(said.get("activity_status", "")),
        )
        for covered in said.get("covers", ()) if extract.protocol == "bulk" else ():
            first, last = (date.fromisoformat(f"{covered[end]}-01") for end in ("from", "to"))
            extract.scopes.update((provider, month) for provider in covered["providers"] for month in span(first, last))
        _read_rows(extract, _Columns(header), reader)
        # A nil return says nothing of an extract: it was made when it was received, which is at the end where not said.
        extract.newest = extract.newest or extract.received.replace("T", " ") or "9999-12-31 00:00"
    return extract


def span(first: date, last: date) -> list[date]:
    """First days of the months from one day to another."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


#: Place of a column that the file has not: every row gets an empty cell at its end.
_ABSENT = -1


class _Columns:
    """Places of columns in the rows of one file; an absent column reads as the empty cell at the end of the row."""

    def __init__(self, header: list[str]) -> None:
        self._header = header

    def place(self, name: str) -> int | None:
        """Place of a column, by any of its names."""
        return next((self._header.index(alias) for alias in _ALIASES.get(name, (name,)) if alias in self._header), None)

    def get(self, name: str) -> Callable[[list[str]], str]:
        """A function that takes a column out of a row."""
        place = self.place(name)
        return itemgetter(_ABSENT if place is None else place)

    def take(self, *names: str) -> Callable[[list[str]], tuple[str, ...]]:
        """A function that takes some columns out of a row."""
        places = [self.place(name) for name in names]
        return itemgetter(*(_ABSENT if place is None else place for place in places))

    def numbered(self, stem: str) -> Callable[[list[str]], list[str]]:
        """A function that takes `stem_01` to `stem_24` out of a row, on their first two characters."""
        places = [place for n in range(1, 25) if (place := self.place(f"{stem}_{n:02d}")) is not None]
        return lambda row: [row[place].strip()[:2] for place in places]


@cache
def _month(text: str) -> date:
    """The month of a day or a moment as the feeds print it."""
    return _date(text).replace(day=1)


@cache
def _date(text: str) -> date:
    digits = text[:10].replace("-", "")
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


@cache
def _pence(text: str) -> int:
    whole, _, fraction = text.partition(".")
    if len(fraction) <= 2 and whole.isdigit():
        return int(whole) * 100 + int(fraction.ljust(2, "0"))
    return int((Decimal(text) * 100).quantize(Decimal(1), ROUND_HALF_UP)) if text else 0


#: Per dataset: the column that dates a row, the one that a version of a row is known by, and the one that stands in.
_DATED = {
    "aea": ("arrival_date", "unique_cds_identifier", "aea_ident"),
    "ec": ("arrival_date", "unique_cds_identifier", "ec_ident"),
    "opa": ("appointment_date", "unique_cds_identifier", "opa_ident"),
    "apce": ("episode_end_date", "unique_cds_identifier", "apce_ident"),
    "apcs": ("discharge_date", "apcs_ident", "apcs_ident"),
}


def _read_rows(extract: Extract, columns: _Columns, reader: Iterator[list[str]]) -> None:
    wanted = columns.take(
        *("der_provider_code", "extract_date_time", *_DATED[extract.dataset], "update_type", "finished_indicator"),
        *("report_period_start_date", "report_period_end_date"),
    )
    price = _price(columns) if extract.dataset != "apce" else (lambda row: 0)
    facts_of = _FACTS[extract.dataset](columns)
    rows, seen, declared = extract.rows, set[Scope](), set[tuple[str, str, str]]()
    # One object for what many rows share: the file is a million rows and more.
    moments: dict[str, str] = {}
    scopes: dict[tuple[str, str], Scope] = {}
    same: Callable[[Any, Any], Any] = dict[Any, Any]().setdefault
    for row in reader:
        row.append("")
        provider, stamp, day, record, key, update, finished, start, end = wanted(row)
        moment = moments.get(stamp)
        if moment is None:
            moment = moments[stamp] = stamp.replace("T", " ")
        # Not ended yet: kept as a version of its record, in no month that the file stands for.
        scope = scopes.get((provider, day or moment))
        if scope is None:
            scope = scopes[provider, day or moment] = same((place := (provider, _month(day or moment))), place)
        if day:
            seen.add(scope)
        if start:
            declared.add((provider, start, end or start))
        facts = facts_of(row)
        is_deleted = update == "1" or finished == "Deleted"
        rows.append((record or key, scope, moment, is_deleted, same(facts, facts), price(row)))
    extract.newest = max(moments.values(), default="")
    if extract.protocol == "net":
        declared.clear()
    for provider, start, end in declared:
        seen.update((provider, month) for month in span(_date(start), _date(end)))
    made = _month(extract.newest) if extract.newest else date.min
    extract.scopes |= {(provider, month) for provider, month in seen if month <= made}


def _price(columns: _Columns) -> Callable[[list[str]], int]:
    """What a row costs: the payment with the market forces factor, and what is paid apart from it."""
    money = columns.take(
        *("grand_total_payment_mff", "unbundled_payment_mff", "tariff_total_payment", "tariff_mff_payment")
    )

    def price(row: list[str]) -> int:
        total, unbundled, tariff, factor = money(row)
        paid = _pence(total) if total else _pence(tariff) + _pence(factor)
        return paid + _pence(unbundled) if unbundled else paid

    return price


Facts = Callable[[list[str]], tuple[Any, ...]]


def _aea(columns: _Columns) -> Facts:
    practice, category = columns.get("gp_practice_code"), columns.get("administrative_category")
    department, attendance = columns.get("aea_department_type"), columns.get("aea_attendance_category")
    source, mode = columns.get("aea_referral_source"), columns.get("aea_arrival_mode")
    disposal = columns.get("aea_attendance_disposal")
    investigations, treatments = columns.numbered("aea_investigation"), columns.numbered("aea_treatment")
    day, time = columns.get("arrival_date"), columns.get("arrival_time")

    def facts(row: list[str]) -> tuple[Any, ...]:
        code = practice(row)
        if code in NO_PRACTICE or category(row) == PRIVATE:
            return (code, False, False, False)
        if (
            department(row) != "01"
            or attendance(row) != "1"
            or source(row) != "01"
            or mode(row) != "2"
            or disposal(row) not in AEA_DISCHARGED
            or not is_in_hours(day(row)[:10], time(row))
            or not is_advice_only(treatments(row), AEA_ADVICE, AEA_NEUTRAL)
        ):
            return (code, True, False, False)
        found = set(investigations(row))
        return (code, True, found <= AEA_NO_INVESTIGATION, found <= AEA_MINOR_INVESTIGATION)

    return facts


def _ec(columns: _Columns) -> Facts:
    practice, category = columns.get("gp_practice_code"), columns.get("administrative_category")
    department, attendance = columns.get("ec_department_type"), columns.get("ec_attendancecategory")
    source, mode = columns.get("ec_attendance_source_snomed_ct"), columns.get("ec_arrival_mode_snomed_ct")
    follow_up, double = columns.get("discharge_follow_up_snomed_ct"), columns.get("der_dupe_flag")
    investigations, treatments = columns.get("der_ec_investigation_all"), columns.get("der_ec_treatment_all")
    day, time = columns.get("arrival_date"), columns.get("arrival_time")

    def facts(row: list[str]) -> tuple[Any, ...]:
        code = practice(row)
        if double(row) not in ("", "0"):
            return (code, None, False, False)
        if code in NO_PRACTICE or category(row) == PRIVATE:
            return (code, False, False, False)
        if (
            department(row) != "01"
            or attendance(row) != "1"
            or source(row) not in EC_SELF
            or mode(row) not in EC_NOT_AMBULANCE
            or follow_up(row) not in EC_DISCHARGED
            or not is_in_hours(day(row)[:10], time(row))
            or not is_advice_only(map(str.strip, treatments(row).split(",")), EC_ADVICE, EC_NEUTRAL)
        ):
            return (code, True, False, False)
        found = {word.strip() for word in investigations(row).split(",")}
        return (code, True, found <= EC_NO_INVESTIGATION, found <= EC_MINOR_INVESTIGATION)

    return facts


def _opa(columns: _Columns) -> Facts:
    wanted = columns.take(
        *("gp_practice_code", "administrative_category", "treatment_function_code", "main_specialty_code"),
        *("attendance_status", "cds_type", "first_attendance", "opa_referral_source", "consultant_code"),
    )

    def facts(row: list[str]) -> tuple[Any, ...]:
        code, category, function, specialty, status, kind, turn, source, consultant = wanted(row)
        counts = code not in NO_PRACTICE and category != PRIVATE
        attended = status in ATTENDED and kind != FUTURE and turn in FIRST_OR_FOLLOW_UP
        by_consultant = consultant[:1] == "C" and specialty not in NOT_CONSULTANT
        return (code, function, counts, attended, turn in FIRST, source == GP, source == DENTAL, by_consultant)

    return facts


def _apcs(columns: _Columns) -> Facts:
    practice, category = columns.get("gp_practice_code"), columns.get("administrative_category")
    wanted = [
        columns.get(name)
        for name in (
            *("admission_method", "der_pseudo_nhs_number", "admission_date", "discharge_date"),
            *("der_spell_los", "der_diagnosis_all", "der_procedure_all", "patient_classification"),
        )
    ]
    spell, function = columns.get("apcs_ident"), columns.get("treatment_function_code")

    def facts(row: list[str]) -> tuple[Any, ...]:
        code = practice(row)
        counts = code not in NO_PRACTICE
        # A private spell is no admission of ours at all, not even the earlier one of a readmission.
        is_private = category(row) == PRIVATE
        return (spell(row), code, function(row), None if is_private else counts, *(take(row) for take in wanted))

    return facts


def _apce(columns: _Columns) -> Facts:
    spell, number, code = (columns.get(name) for name in ("apcs_ident", "episode_number", "primary_diagnosis_code"))
    return lambda row: (spell(row), number(row), code(row))


_FACTS: dict[str, Callable[[_Columns], Facts]] = {"aea": _aea, "ec": _ec, "opa": _opa, "apcs": _apcs, "apce": _apce}
