"""A first look at a received file, enough to choose its landing asset and partition.

Landing reads it again, wholly and strictly.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.partitions import MONTHS, partition_key
from sources.contracts import Contract, load_contracts
from sources.opening import heads
from sources.receipts import Receipt
from sources.recognition import Recognised, named_like, recognise_head


@dataclass(frozen=True)
class Peek:
    """The dataset that a file seems to be, and the partition under which to show its run."""

    dataset: str | None
    partition: str


def peek(receipt: Receipt) -> Peek:
    """Look at the first rows of the first member, in memory: they may be about patients."""
    contracts = load_contracts()
    fallback = receipt.period or _named_month(receipt.name) or receipt.received_at.date()
    head = heads(receipt.path, receipt.name)[0]
    stated = receipt.dataset if receipt.dataset in contracts else None
    if head.text is None:
        named = named_like(receipt.name, contracts.values())
        return Peek(stated or (named[0].dataset if named else None), _key(fallback, receipt))
    found = recognise_head(head.name, head.text, contracts.values(), stated)
    if found.contract is None:
        return Peek(None, _key(fallback, receipt))
    inside = _first_month(head.text, found, found.contract) if found.problem is None else None
    return Peek(found.contract.dataset, _key(receipt.period or inside or fallback, receipt))


def _key(month: date, receipt: Receipt) -> str:
    """The partition of a month; for one that has none, that of the receipt: landing then says what is wrong with it."""
    key = partition_key(month)
    return key if MONTHS.has_partition_key(key) else partition_key(receipt.received_at.date())


def _named_month(name: str) -> date | None:
    found = re.search(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])(?!\d)", name)
    year = re.search(r"(20\d\d)[-_]\d\d(?!\d)", name)
    if found:
        return date(int(found.group(1)), int(found.group(2)), 1)
    return date(int(year.group(1)), 4, 1) if year else None


def _first_month(head: str, found: Recognised, contract: Contract) -> date | None:
    """The month of the first row, where rows carry their month: that of the file, or the first of several."""
    if contract.period.rule not in ("single", "months"):
        return None
    column = contract.column(contract.period.columns[0])
    rows = csv.reader(head.splitlines(), delimiter=found.delimiter)
    next(rows)
    value = next(rows, [])[found.columns.index(column.name) :][:1]
    text = value[0].strip() if value else ""
    if column.type == "month":
        digits = re.sub(r"[-_]", "", text)
        return date(int(digits[:4]), int(digits[4:6]), 1) if re.fullmatch(r"20\d{2}(0[1-9]|1[0-2])", digits) else None
    for form in column.formats:
        try:
            return datetime.strptime(text.title() if "%b" in form else text, form).date()
        except ValueError:
            continue
    return None
