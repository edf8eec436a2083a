"""Month arithmetic of the sample feeds: spans, publication months, the list that serves a month.

Belongs here: pure date functions that the generator shares. Does not belong here: what is written for a month, and
anything that `truth` needs (truth keeps its own few lines, so that it stays a second opinion).
"""

from __future__ import annotations

from datetime import date

#: From this month on the list sizes are published monthly, before it quarterly.
MONTHLY_LISTS_FROM = date(2017, 4, 1)
#: From this month on the English Prescribing Dataset has its 27-column SNOMED layout.
SNOMED_FROM = date(2025, 3, 1)


def add_months(month: date, count: int) -> date:
    """First day of the month `count` months after (or before) `month`."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """First days of every month from `first` to `last`, both included."""
    months = []
    month = first.replace(day=1)
    while month <= last:
        months.append(month)
        month = add_months(month, 1)
    return months


def quarter_start(month: date) -> date:
    """First day of the calendar quarter that holds `month`."""
    return date(month.year, (month.month - 1) // 3 * 3 + 1, 1)


def list_month(month: date) -> date:
    """Month of the registered list that serves `month`: its own since 2017-04, its quarter's before."""
    return month.replace(day=1) if month >= MONTHLY_LISTS_FROM else quarter_start(month)


def financial_year_start(month: date) -> date:
    """1 April of the financial year that holds `month`."""
    return date(month.year if month.month >= 4 else month.year - 1, 4, 1)


def financial_year_name(month: date) -> str:
    """The financial year as file names print it: 2016-17."""
    start = financial_year_start(month).year
    return f"{start}-{(start + 1) % 100:02d}"


def years_since(month: date, origin: date) -> float:
    """Years from `origin` to `month`, negative before it."""
    return ((month.year - origin.year) * 12 + month.month - origin.month) / 12
