"""Milestones and benefits of projects once more, in plain Python, from the facts of the plan and the rows that came.

Belongs here: what `project_milestone_status` and `project_benefit` must agree with, written without SQL and without
their steps. Does not belong here: rows, and how rows are compared.

Readings:
- A report of the programme office speaks of a month: every milestone has a row in every month of which there is one.
- Labels are compared without regard to case and to blanks around them.
- The plan's day counts; the day of the report only where the plan has none that can be read. Due at the end of a month
  and not done in the report of this month is late; done on the day is in time.
- A year begins with the first whole month in force; where no month of implementation is printed, the year of the plan
  stands for it, and nothing is counted. Admissions are held against those of the month a year before; one missing month
  of either year and the sum is not known. The number promised is that of a whole year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Row = Mapping[str, Any]


def add_months(month: date, count: int) -> date:
    """First day of a month that is so many months later."""
    number = month.year * 12 + month.month - 1 + count
    return date(number // 12, number % 12 + 1, 1)


def month_end(month: date) -> date:
    """Last day of the month, whatever its length."""
    return add_months(month, 1) - timedelta(days=1)


MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def due_day(text: str) -> date | None:
    """Day by which a printed date is due: itself, or the last day of the last month that it names; none if unclear."""
    whole = re.fullmatch(r"(\d\d)/(\d\d)/(\d\d)", text)
    if whole:
        return date(2000 + int(whole[3]), int(whole[2]), int(whole[1]))
    quarter = re.fullmatch(r"Q([1-4]) (\d\d)/\d\d", text)
    if quarter:
        return month_end(add_months(date(2000 + int(quarter[2]), 4, 1), 3 * int(quarter[1]) - 1))
    words = [word[:3].lower() for word in re.findall(r"[A-Za-z]{3,}", text)]
    months = [MONTH_NAMES.index(word) + 1 for word in words if word in MONTH_NAMES]
    years = re.search(r"(?:20)?(\d\d)(?:/(\d\d))?$", text)
    if not months or not years:
        return None
    return month_end(date(2000 + int(years[2] or years[1]), months[-1], 1))


def milestone_states(milestones: Iterable[Row], reports: Sequence[Row]) -> dict[tuple[str, int, date | None], str]:
    """State by project, place and reported month; `reports` are rows of the newest version of each month."""
    months: list[date | None] = sorted({row["reported_month"] for row in reports}) or [None]
    told = {(row["reported_month"], row["project_id"], row["label"].strip().casefold()): row for row in reports}
    found: dict[tuple[str, int, date | None], str] = {}
    for one in milestones:
        for month in months:
            report = told.get((month, one["project_id"], one["label"].strip().casefold()))
            found[one["project_id"], one["milestone_order"], month] = _state(one, report, month)
    return found


def _state(one: Row, report: Row | None, month: date | None) -> str:
    if report is None or month is None:
        return "not_reported"
    due = one["due_date"] or report["reported_due_date"]
    done = report["completed_on"]
    if due is None:
        return "undated"
    if done is not None and done <= month_end(month):
        return "done" if done <= due else "done_late"
    return "late" if due <= month_end(month) else "due"


def benefits(
    projects: Sequence[Row], visible: Iterable[str], admissions: Mapping[tuple[str, date], int], last: date
) -> Iterator[dict[str, Any]]:
    """Rows of the first year in force of each project that printed a quantified impact, up to a last month.

    `visible` are conditions that can be counted, `admissions` their emergency admissions by condition and month: none
    where a month was not received.
    """
    seen = set(visible)
    rows = [row for project in projects for row in _year(project, seen, admissions, last)]
    for row in rows:
        others = [one for one in rows if (one["condition"], one["month"]) == (row["condition"], row["month"])]
        row["is_shared"] = row["condition"] is not None and len(others) > 1
        yield row


def _year(
    project: Row, seen: set[str], admissions: Mapping[tuple[str, date], int], last: date
) -> Iterator[dict[str, Any]]:
    condition, planned, tariff = project["condition"], project["admissions_avoided"], project["tariff_gbp"]
    if planned is None and project["ae_gbp"] is None and project["other_impact"] is None:
        return
    start = project["first_full_month"]
    for number in range(1, 13):
        month = add_months(start or date(int(project["plan_year"][:4]), 4, 1), number - 1)
        if month > last:
            return
        now, then = ([admissions.get((condition, add_months(month, back - step))) for step in range(number)]
                     for back in (0, -12))  # fmt: skip
        is_known = start is not None and condition in seen and None not in now + then
        actual, baseline = (sum(now), sum(then)) if is_known else (None, None)  # type: ignore[arg-type]
        avoided = None if actual is None or baseline is None else baseline - actual
        yield {
            "project_id": project["project_id"], "month": month, "condition": condition,
            "months_in_force": None if start is None else number,
            "planned_to_date": planned if start is not None and number == 12 else None,
            "actual_month": now[0], "baseline_month": then[0],
            "actual_to_date": actual, "baseline_to_date": baseline, "avoided_to_date": avoided,
            "value_to_date": None if avoided is None or tariff is None else _pence(Decimal(avoided) * tariff / planned),
            "state": _benefit_state(condition in seen, avoided, planned, number),
        }  # fmt: skip


def _benefit_state(is_visible: bool, avoided: int | None, planned: int | None, number: int) -> str:
    if not is_visible:
        return "not_visible"
    if avoided is None or planned is None:
        return "awaiting"
    return "in_year" if number < 12 else "delivered" if avoided >= planned else "not_delivered"


def _pence(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
