"""Charts of the savings plan: from its plan to its gap, and month by month against plan."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from publishing.charts import burn_up, waterfall
from publishing.reports.cres import Savings
from publishing.reports.document import Chart, Column, Figure, Row, Shown, Table
from publishing.reports.finance import POUNDS
from publishing.reports.formats import figure, month
from publishing.reports.reader import Record

MILLIONS = Shown(1, scale=1_000_000, before="£", after="m")


def charts(savings: Savings) -> tuple[Chart, ...]:
    """Both charts, where the plan has a position."""
    return tuple(chart for chart in (_waterfall(savings), _burn_up(savings)) if chart is not None)


def _waterfall(savings: Savings) -> Chart | None:
    row = savings.total
    if row is None or not row["is_mitigation_possible"]:
        return None
    needed = ("plan_fy_reported", "actual_ytd", "forecast_fy", "slippage", "unmitigated_gap")
    if any(row[name] is None for name in needed):
        return None
    to_come = row["forecast_fy"] - row["actual_ytd"] - row["slippage"]
    mitigation = row["mitigation_value"] or Decimal(0)
    *steps, gap = waterfall.savings_steps(
        row["plan_fy_reported"], row["actual_ytd"], to_come, row["slippage"], mitigation
    )
    # The gap is that of each scheme: what one saves beyond its plan, or has on record beyond its gap, closes no other.
    beyond = row["unmitigated_gap"] - (row["plan_fy_reported"] - row["forecast_fy"] - mitigation)
    if beyond:
        steps.append(waterfall.Step("Beyond plan and mitigation not needed, closes no gap", beyond))
    steps.append(replace(gap, amount=row["unmitigated_gap"]))
    title = f"From the plan of {savings.year} to its gap"
    drawing = waterfall.waterfall(steps, ident="cres-waterfall", title=title, unit="GBP", how=MILLIONS)
    return Chart(title, drawing.svg, drawing.alternative, _lines(row, steps, title))


# What each step is made of, and which way: the steps add up from the plan to the gap.
_OF_STEPS: tuple[Mapping[str, int], ...] = (
    {"plan_fy_reported": 1},
    {"actual_ytd": -1},
    {"forecast_fy": -1, "actual_ytd": 1, "slippage": 1},
    {"slippage": -1},
    {"mitigation_value": -1},
)
_BEYOND: Mapping[str, int] = {"unmitigated_gap": 1, "plan_fy_reported": -1, "forecast_fy": 1, "mitigation_value": 1}
_GAP: Mapping[str, int] = {"unmitigated_gap": 1}


def _lines(row: Record, steps: Sequence[waterfall.Step], title: str) -> Table:
    """The steps as lines that add up to the last: what is drawn in millions, to the pound."""
    made_of = (*_OF_STEPS, *((_BEYOND,) if len(steps) > len(_OF_STEPS) + 1 else ()), _GAP)
    table = []
    for step, columns in zip(steps, made_of, strict=True):
        sources = [row.source(name, sign) for name, sign in columns.items() if row[name] is not None]
        amount = (figure(step.amount, POUNDS, *sources, operation="sum"),) if sources else ("none",)
        table.append(Row(((step.label,), amount), is_total=step.kind == "total"))
    return Table(f"{title}: what closes it is taken away", (Column("Line"), Column("£", True)), tuple(table))


def _burn_up(savings: Savings) -> Chart | None:
    return _drawn(savings.months(), f"Savings of {savings.year}, month by month", "cres-burn-up")


def burn_up_of(savings: Savings, scheme: Record) -> Chart | None:
    """One scheme month by month; none where the tracker has no months of it."""
    months = [row for row in savings.months() if row["scheme_id"] == scheme["scheme_id"]]
    return _drawn(months, f"{scheme['scheme_name']}, {savings.year}, month by month", "scheme-burn-up")


def _drawn(rows: Sequence[Record], title: str, ident: str) -> Chart | None:
    by_month: dict[int, list[Record]] = defaultdict(list)
    for row in rows:
        by_month[row["ledger_period"]].append(row)
    if not by_month:
        return None
    drawing = burn_up.burn_up(
        [
            burn_up.Month(period, *(_whole(rows, name) for name in _AMOUNTS))
            for period, rows in sorted(by_month.items())
        ],
        ident=ident,
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
