"""Faults of the finance files: what goes wrong between a ledger, a spreadsheet and the next reader.

Belongs here: the damage. Does not belong here: the registry (`faults`), and what the pipeline should say about it. A
damaged file is the newest of its kind, unless the description says otherwise. Printed totals stay as they were where an
error was made, and agree where somebody meant what is written.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from pcw.errors import PcwError

from .description import load_description
from .faults import FAULTS, named_fault
from .finance_reports import year_name
from .finance_tables import csv_bytes

Row = dict[str, str]

_LEDGER = r"ledger_\d{4}-\d\d_M(0\d|1[012])(_v\d)?\.csv"
_ADJUSTMENTS = r"ledger_\d{4}-\d\d_M13\.csv"
_REPORT = r"budget_report_.*\.csv"
_JOURNALS = r"journals_\d{4}-\d\d_M(0\d|1[012])\.csv"
_PLAN = r"cres_plan_.*\.csv"
_TRACKER = r"cres_tracker_.*\.csv"
_MONEY = (
    *("Annual Budget", "YTD Budget", "YTD Actual", "YTD Variance", "Forecast Outturn", "Forecast Variance"),
    *("Gross Plan", "Investment", "Net Plan", "Amount"),
)
_GMS, _PRESCRIBING = "General Practice - GMS", "Prescribing Expenditure"
#: Day 0 of a spreadsheet.
_EPOCH = date(1899, 12, 30)


def _rewrite(path: Path, change: Callable[[list[Row]], list[Row]], to: Path | None = None) -> None:
    """Replace the rows of a csv, or write them to another file; a fault that changes nothing is refused."""
    reader = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8"), newline=""))
    columns, rows = list(reader.fieldnames or []), list(reader)
    changed = change([dict(row) for row in rows])
    if changed == rows:
        raise PcwError(f"{path.name} has nothing that this fault could damage.")
    (to or path).write_bytes(csv_bytes([columns, *([row[name] for name in columns] for row in changed)]))


def _each(path: Path, change: Callable[[Row], Row]) -> None:
    _rewrite(path, lambda rows: [change(row) for row in rows])


def _negative(text: str) -> str:
    return f"{-Decimal(text):.2f}"


@named_fault("finance_sign_flipped", "Ledger: actual and forecast of the GMS line are negative in every row.", _LEDGER)
def _(path: Path, last: date) -> None:
    names = ("YTD Actual", "Forecast Outturn")
    _each(
        path,
        lambda row: row | {name: _negative(row[name]) for name in names} if row["Description"] == _GMS else row,
    )


@named_fault("finance_pence_as_pounds", "Ledger: every amount is in pence, lines and totals alike.", _LEDGER)
def _(path: Path, last: date) -> None:
    _each(path, lambda row: row | {name: f"{Decimal(row[name]) * 100:.2f}" for name in _MONEY if row.get(name)})


@named_fault("finance_total_as_line", "Ledger: the printed totals are marked as lines.", _LEDGER)
def _(path: Path, last: date) -> None:
    _each(path, lambda row: row | {"Row Type": "line"})


@named_fault(
    "finance_period_13_as_12", "Ledger: the file of the adjustments after year end says period 12.", _ADJUSTMENTS
)
def _(path: Path, last: date) -> None:
    _each(path, lambda row: row | {"Period": "12"})


@named_fault(
    "finance_duplicated_journal",
    "Journals: every line of the payments of the GMS line is there twice, numbered on.",
    _JOURNALS,
)
def _(path: Path, last: date) -> None:
    def twice(rows: list[Row]) -> list[Row]:
        own = _payments(rows)
        return rows + [row | {"Line Number": str(int(row["Line Number"]) + len(own))} for row in own]

    _rewrite(path, twice)


@named_fault(
    "finance_journal_keyed_twice",
    "Journals: the payments of the GMS line are posted a second time, under a reference of their own.",
    _JOURNALS,
)
def _(path: Path, last: date) -> None:
    _rewrite(
        path,
        lambda rows: rows + [row | {"Journal Reference": f"{row['Journal Reference']}B"} for row in _payments(rows)],
    )


def _payments(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["Description"] == _GMS]


@named_fault("finance_wrong_entity", "Ledger: every row is of the neighbouring commissioner.", _LEDGER)
def _(path: Path, last: date) -> None:
    about = load_description()
    stranger = next(code for code in about.everyone if code not in about.setting.codes)
    _each(path, lambda row: row | {"Entity": stranger})


@named_fault("finance_next_year", "Ledger: every row says the financial year after that of the file's name.", _LEDGER)
def _(path: Path, last: date) -> None:
    _each(path, lambda row: row | {"Financial Year": year_name(int(row["Financial Year"][:4]) + 1)})


@named_fault(
    "finance_brackets_lost",
    "Budget report: the brackets of the negative amounts are gone, so that underspends read as overspends.",
    _REPORT,
)
def _(path: Path, last: date) -> None:
    content = path.read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    bare = [[cell[1:-1] if cell.startswith("(") and cell.endswith(")") else cell for cell in row] for row in rows]
    if bare == rows:
        raise PcwError(f"{path.name} has no amount in brackets that could lose them.")
    path.write_bytes(csv_bytes(bare))


@named_fault(
    "finance_excel_dates", "Journals: a spreadsheet turned the days of posting into its day numbers.", _JOURNALS
)
def _(path: Path, last: date) -> None:
    def serial(text: str) -> str:
        return str((datetime.strptime(text, "%d/%m/%Y").date() - _EPOCH).days)

    _each(path, lambda row: row | {"Posted Date": serial(row["Posted Date"])})


@named_fault(
    "finance_missing_scheme",
    "Tracker: the scheme of high-cost drugs (number 11) has no row; the printed total still includes it.",
    _TRACKER,
)
def _(path: Path, last: date) -> None:
    _rewrite(path, lambda rows: [row for row in rows if not row["Scheme ID"].endswith("-11")])


@named_fault(
    "finance_double_claim",
    "Plan: the scheme of community services (number 5) claims first outpatient attendances, as number 14 does.",
    _PLAN,
)
def _(path: Path, last: date) -> None:
    claim = ";pod:outpatient_first"
    _each(path, lambda row: row | {"Claims": row["Claims"] + claim} if row["Scheme ID"].endswith("-05") else row)


@named_fault(
    "finance_forecast_changes_sign",
    "Ledger: a further version of the newest file, with prescribing forecast as far on the other side of budget.",
    _LEDGER,
)
def _(path: Path, last: date) -> str:
    version = 0

    def restated(rows: list[Row]) -> list[Row]:
        nonlocal version
        version = int(rows[0]["Version"]) + 1
        moved = Decimal(0)
        result = []
        for row in rows:
            row = row | {"Version": str(version)}
            ahead = Decimal(row["Forecast Variance"])
            change = Decimal(0)
            if row["Description"] == _PRESCRIBING:
                change = -2 * ahead
                moved += change
            elif row["Row Type"] == "total" and row["Programme Area"] in ("", "Prescribing"):
                change = moved
            row["Forecast Outturn"] = f"{Decimal(row['Forecast Outturn']) + change:.2f}"
            row["Forecast Variance"] = f"{ahead + change:.2f}"
            result.append(row)
        return result

    added = path.with_name(f"{path.stem.partition('_v')[0]}_restated.csv")
    _rewrite(path, restated, added)
    return added.name


FINANCE_FAULTS = tuple(name for name in FAULTS if name.startswith("finance_"))
