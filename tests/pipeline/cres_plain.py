"""Where savings schemes stand, a second time: plain Python over the rows of files, to compare the models with.

Belongs here: the rules of `cres_position` written another way, scheme by scheme, without SQL. Does not belong here: how
rows are made (`cres_rows`) or compared (`test_cres_position`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from math import sqrt
from statistics import stdev
from typing import Any

Row = Mapping[str, Any]
Position = dict[str, Any]
GREEN, AMBER, LATE, SIGMAS, FEWEST_MONTHS = Decimal("0.95"), Decimal("0.75"), Decimal("0.4"), 2, 3
SUMMED = (
    "plan_ytd", "plan_ytd_reported", "actual_ytd", "variance_ytd", "plan_fy", "plan_fy_reported", "forecast_fy",
    "variance_fy", "unmitigated_gap", "mitigation_value", "slippage", "recurrent_forecast", "non_recurrent_forecast",
    "unsplit_forecast", "next_year_gap", "full_year_effect", "previous_forecast_fy", "forecast_change",
    "plan_last_quarter", "forecast_last_quarter", "run_rate_plan_fy", "run_rate_schemes", "next_year_gap_schemes",
    "forecast_change_schemes",
)  # fmt: skip
COUNTED = {"run_rate_schemes": "run_rate_fy", "next_year_gap_schemes": "next_year_gap",
           "forecast_change_schemes": "forecast_change"}  # fmt: skip
RATES = ("run_rate_fy", "run_rate_low", "run_rate_high")


def counting(rows: Iterable[Row], order: str) -> list[Row]:
    """The rows of the newest version: the highest stated, else the newest file; of each scheme its newest receipt."""
    rows = sorted(rows, key=lambda row: (row["received_at"], row["submission_id"], row["source_row"]))
    stated = [row for row in rows if row[order] is not None]
    if stated:
        newest = max(row[order] for row in stated)
        chosen = [row for row in stated if row[order] == newest]
    else:
        chosen = [row for row in rows if row["submission_id"] == rows[-1]["submission_id"]]
    return list({(row["row_type"], row["scheme_id"]): row for row in chosen}.values())


def positions(plans: Sequence[Row], trackers: Sequence[Row]) -> dict[tuple[str, date], Position]:
    """Position of every scheme and of the total by reported month, of one entity and year."""
    planned = {row["scheme_id"]: row for row in counting(plans, "plan_version") if row["row_type"] == "line"} if plans \
        else {}  # fmt: skip
    by_period: dict[int, dict[str, Row]] = {}
    for period in sorted({row["ledger_period"] for row in trackers}):
        found = counting([row for row in trackers if row["ledger_period"] == period], "tracker_version")
        by_period[period] = {row["scheme_id"]: row for row in found if row["row_type"] == "line"}
    result: dict[tuple[str, date], Position] = {}
    for period, reported in by_period.items():
        month = date(2019 + (period > 9), period + 3 if period <= 9 else period - 9, 1)
        ids = {*planned, *reported, *by_period.get(period - 1, {})}
        of_month = {}
        for scheme_id in sorted(ids):
            position = _scheme(planned.get(scheme_id), reported.get(scheme_id), period, month, bool(planned))
            before = result.get((scheme_id, _month_before(month))) if period > 1 else None
            position["previous_forecast_fy"] = before["forecast_fy"] if before else None
            position["forecast_change"] = _less(position["forecast_fy"], position["previous_forecast_fy"])
            for name, counted in COUNTED.items():
                position[name] = int(position[counted] is not None)
            of_month[scheme_id] = position
        if of_month:
            of_month["total"] = _total(list(of_month.values()))
        for scheme_id, position in of_month.items():
            position["rag_finance"] = _rag(position)
            position["is_hockey_stick"] = _is_hockey_stick(position)
            result[scheme_id, month] = position
    return result


def _month_before(month: date) -> date:
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def _scheme(plan: Row | None, told: Row | None, period: int, month: date, has_plan: bool) -> Position:
    months: list[Decimal | None]
    if plan is not None:
        months = [plan[f"plan_m{number:02}"] for number in range(1, 13)]
    else:
        months = [Decimal(0) if has_plan else None] * 12
    position: Position = dict.fromkeys([*SUMMED, *RATES, "monthly_forecast_fy"])
    if plan is not None or has_plan:
        position["plan_ytd"] = sum(months[:period], Decimal(0))  # type: ignore[arg-type]
        position["plan_last_quarter"] = sum(months[9:], Decimal(0))  # type: ignore[arg-type]
        position["plan_fy"] = plan["net_plan"] if plan is not None else Decimal(0)
    position["full_year_effect"] = plan["full_year_effect"] if plan is not None else None
    position["is_updated"] = told is not None and told["updated_on"] is not None and told["updated_on"] >= month
    recurrent_plan, share = _recurrence(plan, position["plan_fy"])
    if told is not None:
        _what_is_told(position, told, months, period, share)
        _run_rate(position, told, months, period, is_planned=plan is not None)
    position["run_rate_plan_fy"] = position["plan_fy"] if position["run_rate_fy"] is not None else None
    position["plan_ytd_reported"] = position["plan_ytd"] if position["actual_ytd"] is not None else None
    position["plan_fy_reported"] = position["plan_fy"] if position["forecast_fy"] is not None else None
    position["variance_ytd"] = _less(position["actual_ytd"], position["plan_ytd"])
    position["variance_fy"] = _less(position["forecast_fy"], position["plan_fy"])
    if position["variance_fy"] is not None:
        assert told is not None
        mitigation = (told["mitigation_value"] or 0) if period < 12 else 0
        position["unmitigated_gap"] = max(-position["variance_fy"] - mitigation, Decimal(0))
        if position["variance_ytd"] is not None:
            later = position["variance_fy"] - position["variance_ytd"]
            position["slippage"] = max(min(-position["variance_ytd"], later), Decimal(0))
    position["next_year_gap"] = _next_year_gap(recurrent_plan, position)
    return position


def _recurrence(plan: Row | None, plan_fy: Decimal | None) -> tuple[Decimal | None, float | None]:
    """The recurrent plan, and its share; None where nobody has split it."""
    if plan is None:
        return (None if plan_fy is None else Decimal(0)), None
    if plan["recurrence"] == "Recurrent":
        return plan["net_plan"], 1.0
    if plan["recurrence"] == "Non-Recurrent":
        return Decimal(0), 0.0
    # A split is of a mixed scheme; one that says nothing stays unsplit.
    part = plan["recurrent_plan"] if plan["recurrence"] == "Mixed" else None
    return part, float(part) / float(plan_fy) if part is not None and plan_fy else None


def _what_is_told(
    position: Position, told: Row, plan: Sequence[Decimal | None], period: int, share: float | None
) -> None:
    actuals = [told[f"actual_m{number:02}"] if number <= period else None for number in range(1, 13)]
    is_missing = [actuals[at] is None and plan[at] != 0 for at in range(period)]
    expected = []
    for at in range(12):
        value = actuals[at] if actuals[at] is not None else told[f"forecast_m{at + 1:02}"]
        expected.append(Decimal(0) if value is None and at < period and plan[at] == 0 else value)
    if not any(is_missing):
        position["actual_ytd"] = sum((value for value in actuals if value is not None), Decimal(0))
    if None not in expected:
        position["monthly_forecast_fy"] = sum(expected)
        position["forecast_last_quarter"] = sum(expected[9:])
    position["forecast_fy"] = position["monthly_forecast_fy"]
    if position["forecast_fy"] is None:
        position["forecast_fy"] = told["forecast_fy"]
    position["mitigation_value"] = told["mitigation_value"]
    _split(position, told, share)


def _run_rate(position: Position, told: Row, plan: Sequence[Decimal | None], period: int, *, is_planned: bool) -> None:
    if position["actual_ytd"] is None:
        return
    saved, later = float(position["actual_ytd"]), plan[period:]
    if not later or (is_planned and all(value == 0 for value in later)):
        position |= dict.fromkeys(RATES, saved)
        return
    actuals = [told[f"actual_m{number:02}"] for number in range(1, period + 1)]
    rated = [(actuals[at], plan[at]) for at in range(period) if (plan[at] or 0) > 0 and actuals[at] is not None]
    if len(rated) < FEWEST_MONTHS:
        return
    to_come = float(sum(value for value in later if value is not None))
    months_to_come = sum(1 for value in later if (value or 0) > 0)
    rate = float(sum(actual for actual, _ in rated)) / float(sum(planned for _, planned in rated))
    margin = SIGMAS * stdev(float(actual) / float(planned) for actual, planned in rated) * abs(to_come)
    margin *= sqrt(1 / len(rated) + (1 / months_to_come if months_to_come else 0))
    run_rate = saved + rate * to_come
    position |= {"run_rate_fy": run_rate, "run_rate_low": run_rate - margin, "run_rate_high": run_rate + margin}


def _split(position: Position, told: Row, share: float | None) -> None:
    forecast, actual, recurrent = position["forecast_fy"], position["actual_ytd"], told["recurrent_ytd"]
    if forecast is None:
        return
    is_split = actual is not None and recurrent is not None
    by_plan = forecast - actual if is_split else forecast
    if share is not None:
        part = Decimal(str(round(share * float(by_plan), 2))) + (recurrent if is_split else 0)
        position |= {"recurrent_forecast": part, "non_recurrent_forecast": forecast - part}
    elif is_split:
        position |= {"recurrent_forecast": recurrent, "non_recurrent_forecast": actual - recurrent}
    position["unsplit_forecast"] = by_plan if share is None else Decimal(0)


def _next_year_gap(recurrent_plan: Decimal | None, position: Position) -> Decimal | float | None:
    if recurrent_plan is not None and recurrent_plan <= 0:
        return Decimal(0)
    delivered = position["recurrent_forecast"]
    if recurrent_plan is None or delivered is None:
        return None
    effect = position["full_year_effect"] if position["full_year_effect"] is not None else recurrent_plan
    return max(0.0, (1 - float(delivered) / float(recurrent_plan))) * float(effect)


def _total(schemes: Sequence[Position]) -> Position:
    total: Position = {}
    for name in (*SUMMED, *RATES, "monthly_forecast_fy"):
        known = [scheme[name] for scheme in schemes if scheme[name] is not None]
        total[name] = sum(map(_number, known)) if known else None
    total["is_updated"] = all(scheme["is_updated"] for scheme in schemes)
    return total


def _number(value: Any) -> Decimal:
    return Decimal(str(round(value, 2)))


def _less(value: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if value is None or other is None else value - other


def _rag(position: Position) -> str | None:
    plan, actual = position["plan_ytd_reported"], position["actual_ytd"]
    if plan is None or plan <= 0:
        return None
    return "green" if actual >= GREEN * plan else "amber" if actual >= AMBER * plan else "red"


def _is_hockey_stick(position: Position) -> bool | None:
    shares = [
        late / whole
        for late, whole in (
            (position["plan_last_quarter"], position["plan_fy"]),
            (position["forecast_last_quarter"], position["monthly_forecast_fy"]),
        )
        if whole is not None and whole > 0
    ]
    return any(share > LATE for share in shares) if shares else None
