"""Rows of savings plans and trackers for tests: the fifteen schemes of 2019/20 as printed, and rows of a few figures.

Belongs here: rows as landing would show them. Does not belong here: what they must lead to (the tests).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.pipeline.dbt_support import Feeds

YEAR = "2019/20"
PRINTED_TOTAL = 13_842_856
# name, net plan, recurrence: as printed, in the order of the paper
SCHEMES = (
    ("Prescribing", 2_664_979, "Recurrent"),
    ("NPFIT", 1_529_318, "Non-Recurrent"),
    ("Running Costs", 800_000, "Mixed"),
    ("Digital Programme", 149_446, "Recurrent"),
    ("Community / Intermediate Care", 188_345, "Recurrent"),
    ("Contracts", 673_571, "Recurrent"),
    ("Continuing Healthcare", 952_451, "Recurrent"),
    ("Clinical Leads", 453_028, "Recurrent"),
    ("AQ Contribution", 178_346, "Non-Recurrent"),
    ("HCP Contribution", 1_200_000, "Non-Recurrent"),
    ("High Cost Drugs (Adalimumab & Others)", 3_225_581, "Recurrent"),
    ("Estates Void / Utilisation", 200_000, "Recurrent"),
    ("Enhanced Services", 507_800, "Recurrent"),
    ("Demand Management", 401_843, "Recurrent"),
    ("Slippage on Planned Investments", 718_139, "Non-Recurrent"),
)
SELECTED = ("cres_config", "data_quality_rule", "+cres_position", "+cres_overlap", "+int_cres__notice",
            "+int_cres__quality_query")  # fmt: skip


def even(amount: int | Decimal) -> list[Decimal]:
    """Twelve months that sum to the amount to the penny: the last takes what is left."""
    month = (Decimal(amount) / 12).quantize(Decimal("0.01"))
    return [month] * 11 + [Decimal(amount) - 11 * month]


def plan_row(scheme_id: str, months: Sequence[Any], **changes: Any) -> dict[str, Any]:
    """A scheme of a plan: recurrent, without investment, of two leads."""
    total = sum(Decimal(str(month)) for month in months)
    row = {
        "financial_year": YEAR, "entity_code": "99A", "plan_version": 1, "row_type": "line", "scheme_id": scheme_id,
        "scheme_name": f"Scheme {scheme_id}", "lead": "Sarah Example", "finance_lead": "Tom Sample",
        "recurrence": "Recurrent", "cash_releasing": "Y", "gross_plan": total, "investment": 0, "net_plan": total,
        "received_at": datetime(2019, 4, 1),
    }  # fmt: skip
    row |= {f"plan_m{number:02}": month for number, month in enumerate(months, start=1)}
    return row | changes


def tracker_row(
    scheme_id: str, period: int, actuals: Sequence[Any], forecasts: Sequence[Any], **changes: Any
) -> dict[str, Any]:
    """A scheme in a tracker: saved so far, forecast of the months after, updated in the month."""
    month = date(2019 + (period > 9), (period + 2) % 12 + 1, 1)
    row = {
        "financial_year": YEAR, "entity_code": "99A", "ledger_period": period, "tracker_version": 1,
        "row_type": "line", "scheme_id": scheme_id, "scheme_name": f"Scheme {scheme_id}", "rag_delivery": "G",
        "updated_on": month.replace(day=20), "received_at": datetime(month.year, month.month, 28),
    }  # fmt: skip
    row |= {f"actual_m{number:02}": month for number, month in enumerate(actuals, start=1)}
    row |= {f"forecast_m{period + number:02}": month for number, month in enumerate(forecasts, start=1)}
    return row | changes


def printed_plan(**changes: Any) -> list[dict[str, Any]]:
    """The plan of 2019/20 with the total that the paper prints."""
    rows = [
        plan_row(f"CRES-2019-{number:02}", even(amount), scheme_name=name, recurrence=recurrence, **changes)
        for number, (name, amount, recurrence) in enumerate(SCHEMES, start=1)
    ]
    total = plan_row("Total", [0] * 12, row_type="total", net_plan=PRINTED_TOTAL, gross_plan=PRINTED_TOTAL)
    return [*rows, total]


def add(feeds: Feeds, dataset: str, rows: Sequence[dict[str, Any]], submission: str = "one") -> None:
    """Rows of one file."""
    feeds.add(dataset, date(2019, 4, 1), [{"submission_id": submission, **row} for row in rows])
