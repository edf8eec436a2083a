"""How a budget line runs over its year: phased budget, actuals and forecasts, month by month, in pence.

Belongs here: the course of a line as a whole. Does not belong here: practices (`finance_ledger`) and files. Month 3 of
2017/18 is what the paper printed; what lies around it is drawn, from a stream of its own for each year and line.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .apportion import apportion
from .finance_bodies import Body
from .finance_budget import (
    LINES,
    PRESCRIBING,
    PRESCRIBING_AT_M4,
    PRINTED_PERIOD,
    PRINTED_YEAR,
    Line,
    annual_budgets,
)

MONTHS = 12
#: Period of the adjustments after the end of the year.
ADJUSTMENTS = 13


@dataclass(frozen=True)
class Course:
    """A line in one year, in pence: amounts of each period (1 to 13, from place 0), forecast at each period."""

    line: Line
    annual_budget: int
    budget: tuple[int, ...]
    actual: tuple[int, ...]
    forecast: tuple[int, ...]

    def ytd_actual(self, period: int) -> int:
        """Actual of the year to date."""
        return sum(self.actual[:period])


def courses(year: int, seed: int, size: Fraction, body: Body) -> tuple[Course, ...]:
    """Every line of a financial year; `size` is how much of the papers' commissioner prescribes in the sample."""
    budgets = annual_budgets(year)
    return tuple(
        _course(
            line,
            budgets[line.name],
            random.Random(f"{body.salt(seed)}:finance:{year}:{line.name}"),
            size if line.area == PRESCRIBING else body.share,
            is_printed_year=year == PRINTED_YEAR and body.is_of_the_papers,
        )
        for line in LINES
    )


def _course(line: Line, whole: int, rng: random.Random, size: Fraction, *, is_printed_year: bool) -> Course:
    annual = round(whole * size)
    weights = [weight * rng.uniform(0.985, 1.015) for weight in line.phasing]
    printed_budget = line.printed[0] if line.printed else None
    if printed_budget is not None and not is_printed_year:
        printed_budget = round(printed_budget / line.annual * annual)
    budget = _phased(annual * 100, line.phasing, printed_budget and printed_budget * 100)
    at_m3 = (
        round(line.forecast * size)
        if is_printed_year and line.forecast
        else round(annual * (1 + rng.gauss(0.0, 0.006)))
    )
    settled = round(PRESCRIBING_AT_M4 * size) if is_printed_year and line.area == PRESCRIBING else at_m3
    outturn = round(settled * (1 + rng.gauss(0.0, 0.003)))
    actual_at_m3 = line.printed[1] * 100 if is_printed_year and line.printed else None
    actual = _phased(outturn * 100, weights, actual_at_m3)
    adjustment = round(outturn * rng.uniform(0.0, 0.002)) * 100
    forecast = _forecasts(annual, at_m3, settled, outturn)
    return Course(
        line,
        annual * 100,
        (*budget, 0),
        (*actual, adjustment),
        (*(pounds * 100 for pounds in forecast), outturn * 100 + adjustment),
    )


def _phased(total: int, weights: Sequence[float], at_m3: int | None) -> list[int]:
    """Twelve amounts that sum to the total, and their first three to `at_m3` where that is known."""
    if at_m3 is None:
        return apportion(total, weights)
    early = apportion(at_m3, weights[:PRINTED_PERIOD])
    return early + apportion(total - at_m3, weights[PRINTED_PERIOD:])


def _forecasts(annual: int, at_m3: int, settled: int, outturn: int) -> list[int]:
    """Forecast at months 1 to 12, in pounds: the budget at first, later nearer and nearer to the outturn."""
    found = [annual, annual, at_m3, settled]
    remaining = MONTHS - len(found)
    # Nobody forecasts afresh every month: a change comes every second one.
    for step in range(1, remaining + 1):
        share = (step if step == remaining else step - step % 2) / remaining
        found.append(settled + round((outturn - settled) * share))
    return found
