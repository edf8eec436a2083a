"""How good and how large the waits of the sample are in a month: on the plan of its year where there is one.

Belongs here: shares and sizes. Does not belong here: who reports them, and how (`performance_feeds`). Levels of months
without a plan are made up: April 2016 has them exactly, the months after vary about them as so many patients do by
chance. Of a planned year most months keep the plan and some miss it, always the same ones.
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from functools import cache
from math import ceil, floor
from pathlib import Path

from .chance import varied_count, varied_share

TRAJECTORY = Path(__file__).parents[2] / "dbt_project" / "seeds" / "trajectory.csv"
_FROM = date(2016, 4, 1)
#: Months of a planned year in which the plan is missed: holidays and winter.
MISSED = (8, 12, 1)
#: Patients of 92 practices who wait or are seen in a month of 2016, and the growth of their number in a month.
SIZES: dict[str, tuple[int, float]] = {
    "rtt": (29_800, 1.003), "dm01": (8_900, 1.004), "2WW": (1_480, 1.004), "BREAST2WW": (152, 1.0),
    "31D": (246, 1.001), "31D-SURGERY": (48, 1.0), "31D-DRUG": (71, 1.0), "31D-RADIOTHERAPY": (88, 1.0),
    "62D": (118, 1.001), "62D-SCREENING": (19, 1.0), "entered": (860, 1.006), "finished": (480, 1.006),
}  # fmt: skip
#: Share of them, in percent, in a month of 2016, and what a month adds to it.
_SHARES: dict[str, tuple[float, float]] = {
    "rtt": (92.6, -0.05), "dm01": (1.1, 0.03), "2WW": (94.4, -0.06), "BREAST2WW": (93.6, -0.1), "31D": (97.9, 0.0),
    "31D-SURGERY": (96.1, 0.0), "31D-DRUG": (99.1, 0.0), "31D-RADIOTHERAPY": (96.8, 0.0), "62D": (83.9, -0.1),
    "62D-SCREENING": (91.5, 0.0), "not_case": (8.0, 0.0), "recovered": (47.5, 0.15), "six_weeks": (86.0, 0.2),
    "eighteen_weeks": (98.6, 0.0),
}  # fmt: skip
#: Indicators of the plan: of shares, of the size of the list, of the number of long waits.
_PLANNED_SHARES = {
    "rtt": "rtt-incomplete-18-weeks", "dm01": "diagnostic-6-week-waits", "2WW": "cancer-2-week-wait",
    "62D": "cancer-62-day-urgent",
}  # fmt: skip
_LIST, _LONG, _ROLL_OUT = "rtt-waiting-list-size", "rtt-52-week-waits", "iapt-roll-out-quarterly"
#: People with anxiety or depression among the patients of 92 practices, as in the seed `iapt_prevalence`.
PEOPLE = 69_000


@cache
def _plans(commissioner: str) -> dict[tuple[str, date], Decimal]:
    with TRAJECTORY.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["org_code"] == commissioner]
    return {(row["indicator_id"], date.fromisoformat(row["month"])): Decimal(row["plan"]) for row in rows}


def _age(month: date) -> int:
    return (month.year - _FROM.year) * 12 + month.month - _FROM.month


def size(name: str, month: date, scale: float, planned: str) -> int:
    """How many wait, or were seen: of the list on its plan, or a fiftieth above it."""
    plan = _plans(planned).get((_LIST, month)) if name == "rtt" else None
    if plan is not None:
        return round(float(plan) * scale * (1.02 if month.month in MISSED else 1))
    quarter = _plans(planned).get((_ROLL_OUT, _quarter_end(month))) if name == "entered" else None
    if quarter is not None:
        return round(float(quarter) / 100 * PEOPLE * scale / 3 * (0.96 if month.month in MISSED else 1.02))
    first, growth = SIZES[name]
    level = first * scale * growth ** _age(month)
    return round(level) if month == _FROM else varied_count(level, f"size:{name}:{planned}:{month}")


def _quarter_end(month: date) -> date:
    return date(month.year, (month.month + 2) // 3 * 3, 1)


def share_of(name: str, whole: int, month: date, planned: str) -> int:
    """How many of `whole` are within the standard (DM01: beyond it); a plan is kept by a hair."""
    plan = _plans(planned).get((_PLANNED_SHARES[name], month)) if name in _PLANNED_SHARES else None
    fewer_is_better = name == "dm01"
    if plan is None:
        first, monthly = _SHARES[name]
        level = min(first + monthly * _age(month), 100) / 100
        share = level if month == _FROM else varied_share(level, whole, f"share:{name}:{planned}:{month}")
        return round(whole * share)
    missed = Decimal("1.2") if month.month in MISSED else Decimal(0)
    exact = float(plan + missed if fewer_is_better else plan - missed) * whole / 100
    return floor(exact) if fewer_is_better and not missed else ceil(exact)


def long_waits(month: date, scale: float, planned: str) -> int:
    """Pathways of over 52 weeks."""
    plan = _plans(planned).get((_LONG, month))
    if plan is not None:
        return int(plan) + (1 if month.month in MISSED else 0)
    return round(4 * scale * (month.month % 3) / 2)
