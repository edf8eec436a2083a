"""Milestones of savings schemes and projects, as the programme office reports them each month.

Belongs here: what is due when, what was done when, and the file. Does not belong here: money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .finance_bodies import Body
from .finance_reports import file_name, year_name
from .finance_schemes import PLANNED_YEAR, schemes
from .finance_tables import csv_bytes
from .months import add_months

COLUMNS = (
    *("Financial Year", "Period", "Entity", "Version", "Belongs To", "Reference", "Number", "Milestone"),
    *("Due", "Completed"),
)
_Steps = tuple[tuple[str, int], ...]
#: Label, months after the start of the year in which it is due. Projects of the papers keep the days of the year of
#: their plan in later reports; before it nobody reports them.
_OF_SCHEMES: _Steps = (
    ("Business case agreed", 0),
    ("Delivery started", 2),
    ("Mid-year review", 6),
    ("Handed over", 11),
)
_PROJECTS: dict[str, _Steps] = {
    "cure": (("Steering group", 0), ("Agree measures", 1), ("Team in place", 3), ("Full live", 6)),
    "exercise-on-prescription": (("Training roll-out", 3), ("Full launch", 5)),
    "smoke-free-start": (("Evaluation framework", 2), ("Staff in place", 4)),
}
#: Of a body whose operational plan is in no paper.
_PROJECTS_OF_OTHERS: dict[str, _Steps] = {
    "frailty-at-home": (("Steering group", 0), ("Team in place", 2), ("Full live", 5)),
    "same-day-access": (("Practices agreed", 1), ("Full launch", 3)),
}
#: Which number of scheme or name of project is how many months late; all others are done a week early.
_LATE: dict[str, int] = {"05": 2, "11": 3, "04": 4, "cure": 1, "frailty-at-home": 1}


@dataclass(frozen=True)
class _Milestone:
    belongs_to: str
    reference: str
    number: int
    label: str
    due: date
    done: date


def milestone_file(year: int, period: int, body: Body) -> dict[str, bytes]:
    """The report of a month: what is due, and what is done by the end of the month."""
    start = date(year, 4, 1)
    end = add_months(start, period) - timedelta(days=1)
    rows = [COLUMNS]
    for one in _milestones(year, body):
        done = f"{one.done:%d/%m/%Y}" if one.done <= end else ""
        head = (year_name(year), str(period), body.code, "1")
        rows.append(
            (*head, one.belongs_to, one.reference, str(one.number), one.label, f"{one.due:%d/%m/%Y}", done),
        )
    return {f"{file_name('milestones', year, period, body.mark)}.csv": csv_bytes(rows)}


def _milestones(year: int, body: Body) -> list[_Milestone]:
    steps: dict[str, tuple[str, int, _Steps]] = {
        scheme.scheme_id(year): ("scheme", year, _OF_SCHEMES) for scheme in schemes(year, body)
    }
    projects, planned = (_PROJECTS, PLANNED_YEAR) if body.is_of_the_papers else (_PROJECTS_OF_OTHERS, year)
    if planned <= year:
        steps |= {name: ("project", planned, labels) for name, labels in projects.items()}
    found = []
    for reference, (kind, of_year, labels) in steps.items():
        late = _LATE.get(reference.removeprefix(f"CRES-{year}-"))
        for number, (label, months) in enumerate(labels, 1):
            due = add_months(date(of_year, 4, 1), months + 1) - timedelta(days=1)
            done = due - timedelta(days=7) if late is None or number == 1 else add_months(due, late) + timedelta(days=9)
            found.append(_Milestone(kind, reference, number, label, due, done))
    return found
