"""Savings schemes by month, in plain Python from the written plans and trackers.

Belongs here: plan against actual and forecast, of each scheme and of their sum. Does not belong here: run rates and
other judgements of method, evidence, and reading (`truth_finance_files`). Thresholds are read from the seed
`cres_config`.

| file | grain |
|---|---|
| cres_scheme.csv | scheme of the newest plan of a year |
| cres_month.csv | scheme, month of the report, month of the year |
| cres_position.csv | scheme or total, month of the report |

Readings:
- The newest plan of a year and the newest tracker of a month count. A scheme of the plan that the tracker does not
  have is expected all the same; its actual and forecast are unknown.
- The year to date is known where each of its months with a plan has an actual. What is printed for a month to come is
  no actual. The forecast is what is saved and forecast month by month, or the stated one where a month has neither.
- The gap is plan less forecast less the mitigation on record, never below nothing; in the last month of the year
  nothing is deducted any more.
- What is saved is recurrent as the tracker splits it, the rest as the plan does; a mixed plan that nobody splits
  stays so.
- The total is the sum of what is known of the schemes; its finance RAG compares the schemes whose actual is known.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from .truth_finance import less, month_of
from .truth_finance_files import Row, Scope, Vintage, amount, read_vintages

CONFIG = Path(__file__).parents[2] / "dbt_project" / "seeds" / "cres_config.csv"
NUMBERS = tuple(f"{number:02d}" for number in range(1, 13))
LAST_PERIOD = 12
KEY = ("row_type", "scheme_id")
TOTAL = "total"
SCHEME_COLUMNS = (
    *("entity_code", "financial_year", "scheme_id", "scheme_name", "category", "lead", "finance_lead", "recurrence"),
    *("cash_releasing", "start_date", "end_date", "gross_plan", "investment", "net_plan", "recurrent_plan"),
    *("non_recurrent_plan", "unsplit_plan", "full_year_effect", "plan_version", "claims", "evidence_method"),
)
MONTH_COLUMNS = (
    *("entity_code", "financial_year", "scheme_id", "reported_month", "month", "plan", "actual", "forecast"),
    "is_latest",
)
#: What a total sums.
SUMMED = (
    *("plan_ytd", "actual_ytd", "variance_ytd", "plan_fy", "forecast_fy", "variance_fy", "unmitigated_gap"),
    *("mitigation_value", "recurrent_forecast", "non_recurrent_forecast", "previous_forecast_fy", "forecast_change"),
)
POSITION_COLUMNS = (
    *("entity_code", "financial_year", "scheme_id", "month", "is_latest", "lead", "finance_lead", "recurrence"),
    *(*SUMMED, "rag_finance", "rag_delivery", "mitigation", "is_updated"),
)
_RAG = {"G": "green", "A": "amber", "R": "red"}
_PENNY = Decimal("0.01")
Value = Decimal | str | None


@dataclass
class Months:
    """One scheme in one report: plan, actual and forecast of the twelve months."""

    plan: list[Decimal]
    actual: list[Decimal | None]
    forecast: list[Decimal | None]


def read_plans(folder: Path) -> dict[Scope, list[Vintage]]:
    """Every version of every plan."""
    return read_vintages(folder, r"(?i)cres_?plan.*\.(csv|xlsx)$", KEY)


def read_trackers(folder: Path) -> dict[Scope, list[Vintage]]:
    """Every version of every tracker."""
    return read_vintages(folder, r"(?i)cres_?tracker.*\.(csv|xlsx)$", KEY)


def read_thresholds(path: Path = CONFIG) -> dict[str, list[tuple[str, Decimal]]]:
    """Parameter -> first day and value, in their order."""
    found: dict[str, list[tuple[str, Decimal]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: row["valid_from"]):
            found.setdefault(row["parameter"], []).append((row["valid_from"], Decimal(row["value"])))
    return found


def scheme_lines(plans: dict[Scope, list[Vintage]]) -> Iterator[tuple[object, ...]]:
    """Lines of cres_scheme.csv."""
    for (body, year, _), versions in plans.items():
        for ident, row in _lines(versions).items():
            net, recurrent = _known(row["net_plan"]), recurrent_plan(row)
            yield (
                *(body, year, ident, *(row[name] for name in SCHEME_COLUMNS[3:11])),
                *(amount(row["gross_plan"]), amount(row["investment"]), net, recurrent, less(net, recurrent)),
                *(net if recurrent is None else Decimal(0), amount(row.get("full_year_effect"))),
                *(versions[-1].version, row.get("claims"), row.get("evidence_method")),
            )


def recurrent_plan(row: Row) -> Decimal | None:
    """The recurrent part of a plan; None where nobody has split it."""
    if row["recurrence"] == "mixed":
        return amount(row.get("recurrent_plan"))
    return {"recurrent": _known(row["net_plan"]), "non_recurrent": Decimal(0)}.get(row["recurrence"])


def month_lines(
    plans: dict[Scope, list[Vintage]], trackers: dict[Scope, list[Vintage]]
) -> Iterator[tuple[object, ...]]:
    """Lines of cres_month.csv."""
    for scope, schemes in _reports(plans, trackers):
        body, year, period = scope
        for ident, (plan, tracked) in schemes.items():
            months = _months(plan, tracked, period)
            for number in range(12):
                yield (
                    *(body, year, ident, month_of(year, period), month_of(year, number + 1)),
                    *(months.plan[number], months.actual[number], months.forecast[number], _latest(trackers, scope)),
                )


def position_lines(
    plans: dict[Scope, list[Vintage]],
    trackers: dict[Scope, list[Vintage]],
    thresholds: dict[str, list[tuple[str, Decimal]]],
) -> Iterator[tuple[object, ...]]:
    """Lines of cres_position.csv, schemes and then their total, report by report."""
    before: dict[tuple[str, str, int, str], Decimal | None] = {}
    for scope, schemes in _reports(plans, trackers):
        body, year, period = scope
        month = month_of(year, period)
        rows = []
        for ident, (plan, tracked) in schemes.items():
            row = _position(plan, tracked, period, before.get((body, year, period - 1, ident)))
            before[body, year, period, ident] = row["forecast_fy"]  # type: ignore[assignment]
            row["rag_finance"] = _rag_finance([row], month, thresholds)
            row["is_updated"] = "true" if tracked and tracked.get("updated_on", "") >= month else "false"
            rows.append((ident, row))
        whole: dict[str, Value] = {name: _sum_of_known([row[name] for _, row in rows]) for name in SUMMED}
        whole["rag_finance"] = _rag_finance([row for _, row in rows], month, thresholds)
        whole["is_updated"] = "true" if all(row["is_updated"] == "true" for _, row in rows) else "false"
        for ident, row in [*rows, (TOTAL, whole)]:
            head = (body, year, ident, month, _latest(trackers, scope))
            yield (*head, *(row.get(name) for name in POSITION_COLUMNS[len(head) :]))


def _lines(versions: list[Vintage]) -> dict[str, Row]:
    return {ident: row for (kind, ident), row in versions[-1].rows.items() if kind == "line"}


def _reports(
    plans: dict[Scope, list[Vintage]], trackers: dict[Scope, list[Vintage]]
) -> Iterator[tuple[Scope, dict[str, tuple[Row, Row | None]]]]:
    """Each month that has a tracker: its schemes with their line of the plan and of the tracker."""
    for body, year, period in sorted(trackers):
        tracked = _lines(trackers[body, year, period])
        planned = _lines(plans[body, year, 0])
        assert set(tracked) <= set(planned), "The sample tracks no scheme without a plan."
        yield (body, year, period), {ident: (row, tracked.get(ident)) for ident, row in planned.items()}


def _latest(trackers: dict[Scope, list[Vintage]], scope: Scope) -> str:
    last = max(period for body, year, period in trackers if (body, year) == scope[:2])
    return "true" if scope[2] == last else "false"


def _months(plan: Row, tracked: Row | None, period: int) -> Months:
    row = tracked or {}
    actual = [amount(row.get(f"actual_m{number}")) if int(number) <= period else None for number in NUMBERS]
    forecast = [amount(row.get(f"forecast_m{number}")) for number in NUMBERS]
    return Months([_known(plan[f"plan_m{number}"]) for number in NUMBERS], actual, forecast)


def _position(plan: Row, tracked: Row | None, period: int, previous: Decimal | None) -> dict[str, Value]:
    row, months = tracked or {}, _months(plan, tracked, period)
    plan_fy, plan_ytd = _known(plan["net_plan"]), sum(months.plan[:period], Decimal(0))
    to_date = list(zip(months.plan, months.actual, strict=True))[:period]
    is_whole = tracked is not None and all(saved is not None or not due for due, saved in to_date)
    actual_ytd = sum((saved for _, saved in to_date if saved is not None), Decimal(0)) if is_whole else None
    forecast_fy = amount(row.get("forecast_fy"))
    monthly = [_expected(months, number, period) for number in range(12)]
    if tracked is not None and None not in monthly:
        forecast_fy = _sum_of_known(monthly)
    value = amount(row.get("mitigation_value"))
    deducted = value if value is not None and period < LAST_PERIOD else Decimal(0)
    variance_fy = less(forecast_fy, plan_fy)
    gap = None if variance_fy is None else max(-variance_fy - deducted, Decimal(0))
    recurrent, other = _split(plan, row, actual_ytd, forecast_fy)
    return {
        **{"plan_ytd": plan_ytd, "actual_ytd": actual_ytd, "variance_ytd": less(actual_ytd, plan_ytd)},
        **{"plan_fy": plan_fy, "forecast_fy": forecast_fy, "variance_fy": variance_fy, "unmitigated_gap": gap},
        **{"mitigation_value": value, "recurrent_forecast": recurrent, "non_recurrent_forecast": other},
        **{"previous_forecast_fy": previous, "forecast_change": less(forecast_fy, previous)},
        **{name: plan[name] for name in ("lead", "finance_lead", "recurrence")},
        **{"rag_delivery": _RAG.get(row.get("rag_delivery", "")), "mitigation": row.get("mitigation")},
    }


def _expected(months: Months, number: int, period: int) -> Decimal | None:
    """What is expected of a month: its actual, else its forecast; nothing where a month without a plan is over."""
    known = months.actual[number] if months.actual[number] is not None else months.forecast[number]
    return Decimal(0) if known is None and number < period and not months.plan[number] else known


def _split(
    plan: Row, row: Row, actual_ytd: Decimal | None, forecast: Decimal | None
) -> tuple[Decimal | None, Decimal | None]:
    """Recurrent and other part of a forecast."""
    if forecast is None:
        return None, None
    stated = amount(row.get("recurrent_ytd")) if actual_ytd is not None else None
    rest = forecast if stated is None or actual_ytd is None else forecast - actual_ytd
    planned, whole = recurrent_plan(plan), _known(plan["net_plan"])
    if planned is None or not whole:
        return stated, None if stated is None else forecast - rest - stated
    part = (rest * planned / whole).quantize(_PENNY, ROUND_HALF_UP)
    recurrent = (stated or Decimal(0)) + part
    return recurrent, forecast - recurrent


def _rag_finance(
    rows: list[dict[str, Value]], month: str, thresholds: dict[str, list[tuple[str, Decimal]]]
) -> str | None:
    known = [row for row in rows if row["actual_ytd"] is not None]
    plan, actual = (_sum_of_known([row[name] for row in known]) for name in ("plan_ytd", "actual_ytd"))
    if not plan or actual is None:
        return None
    share = actual / plan
    for rag in ("green", "amber"):
        in_force = [value for since, value in thresholds[f"rag_{rag}_from"] if since <= month]
        if share >= in_force[-1]:
            return rag
    return "red"


def _sum_of_known(values: list[Value] | list[Decimal | None]) -> Decimal | None:
    known = [value for value in values if isinstance(value, Decimal)]
    return sum(known, Decimal(0)) if known else None


def _known(text: str) -> Decimal:
    value = amount(text)
    assert value is not None, "A plan states all of its amounts."
    return value
