"""Rows of the finance feeds for tests of the evidence: short to write, complete to load.

Belongs here: plans, trackers and charges as rows. Does not belong here: expected figures.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.pipeline.dbt_support import Feeds

Row = dict[str, Any]


def plan(scheme: str, method: str | None, claims: str | None, lead: str | None = "Ann", version: int = 1) -> Row:
    """One scheme of the plan of 2017/18."""
    months = {f"plan_m{number:02d}": 0 for number in range(1, 13)}
    return {
        "financial_year": "2017/18", "entity_code": "99A", "plan_version": version, "row_type": "line",
        "scheme_id": scheme, "scheme_name": f"Scheme {scheme}", "lead": lead, "gross_plan": 0, "investment": 0,
        "net_plan": 0, "claims": claims, "evidence_method": method, **months,
    }  # fmt: skip


def tracker(scheme: str, period: int, *actuals: float | None, version: int = 1, mitigation: str = "") -> Row:
    """What the tracker of a month reports for a scheme, April first."""
    months = {f"actual_m{number:02d}": actual for number, actual in enumerate(actuals, 1)}
    return {
        "financial_year": "2017/18", "entity_code": "99A", "ledger_period": period, "tracker_version": version,
        "row_type": "line", "scheme_id": scheme, "scheme_name": f"Scheme {scheme}", "mitigation": mitigation, **months,
    }  # fmt: skip


def charge(
    year: int, period: int, line: int, units: float, price: float, biosimilar: str = "N", version: int = 1, **more: Any
) -> Row:
    """One line of RQ6 for adalimumab, as it should be unless `more` says otherwise."""
    return {
        "financial_year": f"{year}/{(year + 1) % 100}", "ledger_period": period, "entity_code": "99A",
        "provider_code": "RQ6", "charge_version": version, "invoice_reference": f"I{year}-{period}",
        "line_number": line, "drug_group": "adalimumab", "product": f"P{biosimilar}", "is_biosimilar": biosimilar,
        "units": units, "unit_price": price, "charged_amount": units * price,
        "approval_reference": f"B{year}-{period}-{line}", **more,
    }  # fmt: skip


def contract(provider: str, point: str, price: float, activity: float, version: int = 1, **more: Any) -> list[Row]:
    """A block of 2017/18, the same in every month."""
    return [
        {
            "financial_year": "2017/18", "entity_code": "99A", "plan_version": version, "provider_code": provider,
            "point_of_delivery": point, "ledger_period": period, "contract_type": "block", "plan_activity": activity,
            "unit_price": price, "plan_cost": activity * price, "tolerance_lower": 0.02, "tolerance_upper": 0.02,
            "marginal_rate": 0.3, **more,
        }
        for period in range(1, 13)
    ]  # fmt: skip


def add(feeds: Feeds, dataset: str, rows: list[Row], received: str = "2017-08-01", name: str = "one") -> None:
    """Rows of one file, received on a day."""
    at = datetime.fromisoformat(f"{received} 09:00:00")
    marked = [{**row, "received_at": at, "submission_id": f"{dataset}-{name}"} for row in rows]
    feeds.add(dataset, date(2017, 4, 1), marked)
