"""Journals of the ledger: what was paid, what was accrued, and what was reversed.

Belongs here: the entries of a period. Does not belong here: the amounts of the ledger (`finance_ledger`): the entries
of a coding string always sum to its movement of the period.

- Prescribing is known two months late: each period reverses the accrual of the one before and accrues two months anew.
- A rent review is accrued in period 2 and reversed in period 5; an enhanced service accrued in period 7 stays open.
- Period 13 has adjustments alone.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta

from .finance_bodies import Body
from .finance_budget import PRESCRIBING
from .finance_course import ADJUSTMENTS
from .finance_ledger import LedgerRow, LedgerYear
from .finance_reports import file_name, year_name
from .finance_tables import csv_bytes, pounds
from .months import add_months

COLUMNS = (
    *("Financial Year", "Period", "Entity", "Version", "Journal Reference", "Line Number", "Entry Type", "Reverses"),
    *("Coding String", "Description", "Posted Date", "Amount"),
)
#: Line -> period, period of the reversal (none: it stays open), pence.
_SINGLE = {
    "Premises cost reimbursements": (2, 5, 1_200_000),
    "Enhanced services": (7, None, 480_000),
}


#: (reference, kind, reference of the reversed) -> rows with pence
Entries = dict[tuple[str, str, str], list[tuple[LedgerRow, int]]]


@dataclass
class Journals:
    """Writes period after period; `movements` are those of prescribing that were seen so far, by coding string."""

    movements: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    accrued: set[str] = field(default_factory=set)
    last: str = ""

    def files(self, ledger: LedgerYear, period: int) -> dict[str, bytes]:
        """The journal file of a period; periods are asked for in their order."""
        mark = f"{ledger.year}{period:02d}"
        entries: Entries = defaultdict(list)
        singles = set()
        for row in ledger.rows(period):
            amount = row.movement
            if period == ADJUSTMENTS:
                entries[f"ADJ-{mark}", "adjustment", ""].append((row, amount))
                continue
            if row.line.area == PRESCRIBING:
                amount = self._accrue(entries, row, mark)
            elif row.line.name in _SINGLE and row.line.name not in singles:
                singles.add(row.line.name)
                amount -= self._single(entries, row, ledger, period)
            entries[f"PAY-{mark}-{row.line.analysis}", "actual", ""].append((row, amount))
        if period != ADJUSTMENTS:
            self.last = mark
        name = f"{file_name('journals', ledger.year, period, ledger.body.mark)}.csv"
        return {name: _written(ledger.body, ledger.year, period, entries)}

    def _accrue(self, entries: Entries, row: LedgerRow, mark: str) -> int:
        """Accrue two months, reverse the accrual before; returns what was paid: the month that is known by now."""
        seen = self.movements[row.coding]
        seen.append(row.movement)
        entries[f"ACC-{mark}-{row.line.analysis}", "accrual", ""].append((row, sum(seen[-2:])))
        if self.last:
            reversed_ = f"ACC-{self.last}-{row.line.analysis}"
            entries[f"REV-{mark}-{row.line.analysis}", "reversal", reversed_].append((row, -sum(seen[-3:-1])))
        return seen[-3] if len(seen) > 2 else 0

    def _single(self, entries: Entries, row: LedgerRow, ledger: LedgerYear, period: int) -> int:
        """The one accrual of a line, or its reversal; returns its amount."""
        accrued, reversed_, pence = _SINGLE[row.line.name]
        year, pence = ledger.year, round(pence * ledger.body.share)
        reference = f"ACC-{year}{accrued:02d}-{row.line.analysis}"
        if period == accrued:
            self.accrued.add(reference)
            entries[reference, "accrual", ""].append((row, pence))
            return pence
        if period == reversed_ and reference in self.accrued:
            entries[f"REV-{year}{period:02d}-{row.line.analysis}", "reversal", reference].append((row, -pence))
            return -pence
        return 0


def _written(body: Body, year: int, period: int, entries: Entries) -> bytes:
    month = add_months(date(year, 4, 1), min(period, 12) - 1)
    end = add_months(month, 1) - timedelta(days=1)
    days = {
        "actual": month + timedelta(days=24),
        "accrual": end,
        "reversal": month,
        "adjustment": end + timedelta(days=20),
    }
    lines: list[tuple[str, ...]] = [COLUMNS]
    for (reference, kind, reverses), rows in entries.items():
        number = 0
        for row, amount in rows:
            if amount:
                number += 1
                line = (year_name(year), str(period), body.code, "1", reference, str(number), kind, reverses)
                lines.append((*line, row.coding, row.line.name, f"{days[kind]:%d/%m/%Y}", pounds(amount)))
    return csv_bytes(lines)
