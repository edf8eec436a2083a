"""A first look at a received file, enough to choose its landing asset and partition.

Landing reads it again, wholly and strictly.
"""

import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.partitions import MONTHS, partition_key
from sources.contracts import Column, Contract, load_contracts
from sources.financial import ADJUSTMENTS, YEAR
from sources.member_names import month_or_year_in_name, year_end_in_name
from sources.named_months import month_told
from sources.opening import Head, heads
from sources.receipts import Receipt
from sources.recognition import Recognised, named_like, recognise_head
from sources.reports import read_table
from sources.titles import month_of
from sources.told import told_by_names

LOOK_ROWS = 200


@dataclass(frozen=True)
class Peek:
    """The dataset that a file seems to be, and the partition under which to show its run."""

    dataset: str | None
    partition: str


def peek(receipt: Receipt) -> Peek:
    """Look at the first rows of the first member, or of the first sheet that is known, in memory.

    They may be about patients.
    """
    contracts = load_contracts()
    fallback = receipt.period or month_or_year_in_name(receipt.name) or receipt.received_at.date()
    members = heads(receipt.path, receipt.name)
    stated = receipt.dataset if receipt.dataset in contracts else None
    if members[0].text is None:
        named = next(iter(named_like(receipt.name, contracts.values())), None)
        told = told_by_names(receipt.name, [m.name for m in members], named, contracts, receipt.period, is_private=True)
        return Peek(stated or told.dataset, _key(fallback, receipt))
    looks = [(head, _look(head, stated)) for head in (members if members[0].is_sheet else members[:1])]
    head, found = next((look for look in looks if look[1].problem is None), looks[0])
    assert head.text is not None
    if found.contract is None:
        return Peek(None, _key(fallback, receipt))
    try:
        inside = _first_month(head, found, found.contract) if found.problem is None else None
        if inside is None and found.contract.period.rule in ("month_in_name", "year_in_name"):
            inside, _ = month_told(found.contract, receipt.name, None, receipt.received_at.date())
    except csv.Error:  # a cell longer than any: landing says where
        inside = None
    if found.contract.period.rule == "financial_year_end_in_name":
        inside = year_end_in_name(receipt.name)
    return Peek(found.contract.dataset, _key(receipt.period or inside or fallback, receipt))


def _look(head: Head, stated: str | None) -> Recognised:
    return recognise_head(head.name, head.text or "", load_contracts().values(), stated)


def _key(month: date, receipt: Receipt) -> str:
    """The partition of a month; for one that has none, that of the receipt: landing then says what is wrong with it."""
    key = partition_key(month)
    return key if MONTHS.has_partition_key(key) else partition_key(receipt.received_at.date())


def _first_month(head: Head, found: Recognised, contract: Contract) -> date | None:
    """The month of the first row, where rows carry their month: that of the file, or the first of several."""
    if found.layout is not None and found.layout.report is not None:
        return _month_of_report(head, found, contract)
    if contract.period.rule not in ("single", "months"):
        return None
    rows = csv.reader((head.text or "").splitlines(), delimiter=found.delimiter)
    next(rows)
    row = next(rows, [])
    names = contract.period.columns if contract.period.rule == "months" else contract.period.columns[:1]
    for name in (name for name in names if name in found.columns):
        cell = row[found.columns.index(name) :][:1]
        if cell and (month := _month_in(cell[0].strip(), contract.column(name))) is not None:
            return month
    return None


def _month_in(text: str, column: Column) -> date | None:
    """The month that a cell tells; none where it is empty, or is of no form that the column has."""
    if column.type == "month":
        digits = re.sub(r"[-_]", "", text)
        return date(int(digits[:4]), int(digits[4:6]), 1) if re.fullmatch(r"20\d{2}(0[1-9]|1[0-2])", digits) else None
    if column.type == "timestamp" and not column.formats:
        with suppress(ValueError):
            return datetime.fromisoformat(text).date()
    for form in column.formats:
        try:
            return datetime.strptime(text.title() if "%b" in form else text, form).date()
        except ValueError:
            continue
    return None


def _month_of_report(head: Head, found: Recognised, contract: Contract) -> date | None:
    """The month of the first row of a report that can be read; a day may stand above its table."""
    assert found.layout is not None
    rows = list(csv.reader((head.text or "").splitlines(keepends=True)[:LOOK_ROWS], delimiter=found.delimiter))
    first, *period = contract.period.columns
    for row in read_table(head.name, rows, found.columns, contract, found.layout, None).rows:
        said, number = row.values[first], row.values[period[0]] if period else "1"
        if said and contract.period.rule == "single":
            return date.fromisoformat(said)
        if said and number and YEAR.fullmatch(said) and 1 <= int(number) <= ADJUSTMENTS:
            return month_of(said, int(number))
    return None
