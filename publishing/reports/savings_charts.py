"""Charts of the savings plan: from its plan to its gap, and month by month against plan."""

from collections import defaultdict
from decimal import Decimal

from publishing.charts import burn_up, waterfall
from publishing.reports.cres import Savings
from publishing.reports.document import Chart, Column, Figure, Row, Shown, Table
from publishing.reports.formats import figure, month
from publishing.reports.reader import Record

POUNDS = Shown(0, before="£")
MILLIONS = Shown(1, scale=1_000_000, before="£", after="m")


def charts(savings: Savings) -> tuple[Chart, ...]:
    """Both charts, where the plan has a position."""
    return tuple(chart for chart in (_waterfall(savings), _burn_up(savings)) if chart is not None)


def _waterfall(savings: Savings) -> Chart | None:
    row = savings.total
    if row is None or not row["is_mitigation_possible"]:
        return None
    known = [row[name] for name in ("actual_ytd", "forecast_fy", "slippage")]
    to_come = None if None in known else row["forecast_fy"] - row["actual_ytd"] - row["slippage"]
    steps = waterfall.savings_steps(
        row["plan_fy_reported"], row["actual_ytd"], to_come, row["slippage"], row["mitigation_value"] or Decimal(0)
    )
    title = f"From the plan of {savings.year} to its gap"
    drawing = waterfall.waterfall(steps, ident="cres-waterfall", title=title, unit="GBP", how=MILLIONS)
    return Chart(title, drawing.svg, drawing.alternative)


def _burn_up(savings: Savings) -> Chart | None:
    by_month: dict[int, list[Record]] = defaultdict(list)
    for row in savings.months():
        by_month[row["ledger_period"]].append(row)
    if not by_month:
        return None
    title = f"Savings of {savings.year}, month by month"
    drawing = burn_up.burn_up(
        [
            burn_up.Month(period, *(_whole(rows, name) for name in _AMOUNTS))
            for period, rows in sorted(by_month.items())
        ],
        ident="cres-burn-up",
        title=title,
        unit="GBP, summed from April",
        how=MILLIONS,
    )
    columns = (*(Column("Month"), Column("Plan £", True), Column("Saved £", True), Column("Forecast £", True)),)
    table = tuple(
        Row(
            (
                (month(rows[0]["month"]),),
                *((_sum(rows, name),) if _whole(rows, name) is not None else ("not known",) for name in _AMOUNTS),
            )
        )
        for _, rows in sorted(by_month.items())
    )
    return Chart(title, drawing.svg, drawing.alternative, Table(title, columns, table))


_AMOUNTS = ("plan", "actual", "forecast")


def _whole(rows: list[Record], column: str) -> Decimal | None:
    """The sum of all schemes; not known where one of them is not."""
    return None if any(row[column] is None for row in rows) else sum((row[column] for row in rows), Decimal(0))


def _sum(rows: list[Record], column: str) -> Figure:
    return figure(_whole(rows, column), Shown(), *(row.source(column) for row in rows), operation="sum")
