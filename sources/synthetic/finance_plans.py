"""The plan of savings of a financial year: every scheme with its phasing, and the total as it is printed.

Belongs here: phased plans in pence and the plan file. Does not belong here: who the schemes are (`finance_schemes`)
and what becomes of them (`finance_trackers`). A phased plan sums to its scheme to the penny.
"""

from __future__ import annotations

from datetime import date, timedelta

from .apportion import apportion
from .finance_bodies import Body
from .finance_reports import year_name
from .finance_schemes import PLANNED_YEAR, PRINTED_TOTAL, Scheme, schemes
from .finance_tables import csv_bytes, pounds
from .months import add_months

MONTH_NAMES = ("Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb", "Mar")
COLUMNS = (
    *("Financial Year", "Entity", "Version", "Row Type", "Scheme ID", "Scheme", "Category", "Lead", "Finance Lead"),
    *("Recurrent / Non-Recurrent", "Recurrent Plan", "Cash Releasing", "Start Date", "End Date"),
    *("Gross Plan", "Investment", "Net Plan", *(f"Plan {month}" for month in MONTH_NAMES)),
    *("Full Year Effect", "Claims", "Evidence Method"),
)
TOTAL = "Total"


def phased(scheme: Scheme) -> list[int]:
    """Planned saving of each month in pence."""
    return apportion(scheme.net * 100, scheme.phasing)


def plan_file(year: int, body: Body) -> dict[str, bytes]:
    """The plan of a financial year, version 1."""
    own = schemes(year, body)
    rows = [COLUMNS, *(_line(year, scheme, body) for scheme in own), _total(year, own, body)]
    return {f"cres_plan_{year_name(year).replace('/', '-')}{body.mark}.csv": csv_bytes(rows)}


def _line(year: int, scheme: Scheme, body: Body) -> tuple[str, ...]:
    plan = phased(scheme)
    start = add_months(date(year, 4, 1), next(place for place, pence in enumerate(plan) if pence))
    end = "" if scheme.recurrence == "recurrent" else (date(year + 1, 4, 1) - timedelta(days=1)).isoformat()
    # A recurrent saving goes on as in its last month; what is spent once is not saved again.
    effect = {"recurrent": plan[-1] * 12, "non_recurrent": 0}.get(scheme.recurrence)
    known = scheme.is_full_year_known and effect is not None
    return (
        *(year_name(year), body.code, "1", "line", scheme.scheme_id(year), scheme.name, scheme.category),
        *(scheme.lead, scheme.finance_lead, scheme.recurrence, "", "Y" if scheme.cash_releasing else "N"),
        *(start.isoformat(), end),
        *map(pounds, ((scheme.net + scheme.investment) * 100, scheme.investment * 100, scheme.net * 100, *plan)),
        *(pounds(effect) if known and effect is not None else "", scheme.claims, scheme.method),
    )


def _total(year: int, own: tuple[Scheme, ...], body: Body) -> tuple[str, ...]:
    net = PRINTED_TOTAL if year == PLANNED_YEAR and body.is_of_the_papers else sum(scheme.net for scheme in own)
    investment = sum(scheme.investment for scheme in own)
    months = [sum(pence) for pence in zip(*(phased(scheme) for scheme in own), strict=True)]
    return (
        *(year_name(year), body.code, "1", "total", TOTAL, TOTAL, "", "", "", "", "", "", "", ""),
        *map(pounds, ((net + investment) * 100, investment * 100, net * 100, *months)),
        *("", "", ""),
    )
