"""Printed figures of ledgers and savings plans against what their lines add up to, in plain Python.

Belongs here: finance_reconciliation.csv, one row per printed figure that can be computed from others. Does not belong
here: the sums (`truth_finance`), and the arithmetic of the papers, which are no files of a sample.

Readings:
- A printed total is held against the sum of its lines, within GBP 1 for each of them; the variance of a line against
  its actual less its budget, within GBP 1 for each row that prints one.
- A budget report (it has no coding strings) of a period of which an extract came too counts nowhere; the newest one is
  held against the same lines of the newest extract, within GBP 1 for each line.
- The total of a plan is held against its schemes: gross, investment and net, within GBP 1 for each scheme.
- What cannot be computed, because a line lacks the figure, does not reconcile.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from .truth_finance import FIGURES, NOT_STATED, PRINTED, Position, less
from .truth_finance_files import Scope, Vintage, amount, total

COLUMNS = ("check_id", "source", "printed", "computed", "difference", "tolerance", "result")
_VARIANCES = ("ytd_variance", "forecast_variance")
_OF_PLANS = ("gross_plan", "investment", "net_plan")


def ledger_checks(found: dict[Scope, list[Position]]) -> Iterator[tuple[object, ...]]:
    """Every printed total of every version, and every printed variance of a line."""
    for (body, year, period), versions in found.items():
        for number, one in enumerate(versions, 1):
            head = f"ledger|{body}|{year}|{period:02d}|{number}"
            for printed in one.totals:
                for name in PRINTED:
                    computed = one.computed[printed.place][name]
                    tolerance = one.line_counts[printed.place]
                    ident = f"{head}|total|{printed.label}|{name}"
                    yield from _check(ident, "ledger", printed.figures[name], computed, tolerance)
            for (level, line), figures in one.printed.items():
                for name in _VARIANCES if level == "line" else ():
                    computed = one.computed[level, line][name]
                    tolerance = one.row_counts[level, line]
                    yield from _check(f"{head}|line|{line}|{name}", "ledger", figures[name], computed, tolerance)


def summary_checks(found: dict[Scope, list[Position]]) -> Iterator[tuple[object, ...]]:
    """The newest budget report of each period, beside the extract that counts."""
    for (body, year, period), versions in found.items():
        reports = [(number, one) for number, one in enumerate(versions, 1) if _is_summary(one)]
        if not reports or _is_summary(versions[-1]):
            continue
        number, report = reports[-1]
        lines = [place for place in report.computed if place[0] == "line"]
        same = [place for place in lines if place in versions[-1].computed]
        for name in FIGURES:
            printed = total(report.computed[place][name] for place in lines)
            computed = total(versions[-1].computed[place][name] for place in same)
            ident = f"ledger|{body}|{year}|{period:02d}|{number}|summary|{name}"
            yield from _check(ident, "ledger", printed, computed, len(lines))


def _is_summary(one: Position) -> bool:
    return {code for level, code in one.computed if level == "cost_centre"} == {NOT_STATED}


def plan_checks(plans: dict[Scope, list[Vintage]]) -> Iterator[tuple[object, ...]]:
    """Every printed total of every version of a plan."""
    for (body, year, _), versions in plans.items():
        for number, version in enumerate(versions, 1):
            schemes = [row for row in version.rows.values() if row["row_type"] == "line"]
            for row in version.rows.values():
                for name in _OF_PLANS if row["row_type"] == "total" else ():
                    computed = total(amount(scheme[name]) for scheme in schemes)
                    ident = f"cres_plan|{body}|{year}|{number}|{row['scheme_id']}|{name}"
                    yield from _check(ident, "cres_plan", amount(row[name]), computed, len(schemes))


def _check(
    ident: str, source: str, printed: Decimal | None, computed: Decimal | None, tolerance: int
) -> Iterator[tuple[object, ...]]:
    if printed is None:
        return
    difference = less(printed, computed)
    if difference == 0:
        result = "exact"
    elif difference is not None and abs(difference) <= tolerance:
        result = "within_rounding"
    else:
        result = "does_not_reconcile"
    yield (ident, source, printed, computed, difference, tolerance, result)
