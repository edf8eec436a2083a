"""The prescribing forecast of each month once more, in plain Python, from the files of a sample.

Belongs here: what `finance_forecast` must agree with, from the prescribing files, the profile and the budget of the
ledger's truth, without SQL. Does not belong here: the ledger's own forecast, which is `finance_position`'s.

Readings:
- Prescribing is two months behind: the forecast of June is made of April. What the commissioner's practices and cost
  centres cost from April to that month, over the share of the year that falls in it, is the year.
- One month that was not received and the year to date is not known. The budget is that of the newest report of the year
  up to the month; what was reported for the 13th period is of no month.
- The forecast before is the last one of the year that has a variance; nothing is on both sides of a budget.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from sources.synthetic.truth_feeds import read_feeds, text_of
from sources.synthetic.truth_organisations import Organisations
from tests.pipeline.projects_plain import add_months

LAG = 2
PENNY = Decimal("0.01")


def actual_costs(folder: Path, commissioner: str) -> dict[date, Decimal]:
    """Cost by month of every code that is the commissioner's in the month; the sample's codes are not hidden."""
    feeds = read_feeds(folder)
    organisations = Organisations(feeds, commissioner, max(feeds.epd))
    found: dict[date, Decimal] = {}
    for path in sorted(folder.glob("EPD_*")):
        for row in csv.DictReader(text_of(path).splitlines()):
            digits = row["YEAR_MONTH"].replace("_", "").replace("-", "")
            month = date(int(digits[:4]), int(digits[4:6]), 1)
            if organisations.commissioner(row["PRACTICE_CODE"].strip(), month) == commissioner:
                found[month] = found.get(month, Decimal(0)) + Decimal(row["ACTUAL_COST"])
    return {month: cost.quantize(PENNY, ROUND_HALF_UP) for month, cost in found.items()}


def forecasts(
    actuals: Mapping[date, Decimal], shares: Mapping[int, Decimal], budgets: Mapping[date, Decimal]
) -> dict[date, tuple[Any, ...]]:
    """To date, share, forecast, budget, variance, change of it, changed sign, by month; `budgets` by reported month."""
    first = min([*budgets, *(add_months(month, LAG) for month in actuals)])
    last = max([*budgets, *(add_months(month, LAG) for month in actuals)])
    found: dict[date, tuple[Any, ...]] = {}
    month, before = first, None
    while month <= last:
        april = date(month.year - (month.month < 4), 4, 1)
        before = None if month == april else before
        due = [add_months(april, number) for number in range(12) if add_months(april, number + LAG) <= month]
        costs = [actuals.get(one) for one in due]
        share = sum((shares[number] for number in range(1, len(due) + 1)), Decimal(0)) or None
        reports = [one for one in budgets if april <= one <= month]
        budget = budgets[max(reports)] if reports else None
        to_date = None if not due or None in costs else sum(costs, Decimal(0))  # type: ignore[arg-type]
        forecast = None if to_date is None or share is None else (to_date / share).quantize(PENNY, ROUND_HALF_UP)
        variance = None if forecast is None or budget is None else forecast - budget
        change = None if variance is None or before is None else variance - before
        changed = None if change is None else min(variance, before) < 0 < max(variance, before)  # type: ignore[type-var]
        found[month] = (to_date, share, forecast, budget, variance, change, changed)
        before = before if variance is None else variance
        month = add_months(month, 1)
    return found
