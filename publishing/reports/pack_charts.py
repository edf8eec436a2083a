"""Charts of the packs: rows of the release put into the shapes that `publishing.charts` draws.

Belongs here: the seam between packs and drawings. What a mark means comes from the release (`practice_outlier`,
`indicator_spc`), never from the drawing.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from publishing.charts import league, spc, strip, waterfall
from publishing.charts.marks import Meaning
from publishing.charts.svg import Drawing
from publishing.charts.words import Absence
from publishing.reports.document import Chart, Shown, Table
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.reader import Record

OUTLIERS = {"up": ("high", "low"), "down": ("low", "high")}


def absence(row: Record) -> Absence:
    """Which kind of absence a result is: awaited, withheld, or hidden because it tells of few patients."""
    if row["state"] == "awaiting":
        return "awaiting"
    return "withheld" if row["state"] == "withheld" else "hidden"


def meaning(result: Record, direction: str) -> Meaning:
    """Better or worse than chance explains, by the funnel's finding in the result."""
    better, worse = OUTLIERS[direction]
    found: dict[str, Meaning] = {better: "improvement", worse: "concern"}
    return found.get(result["outlier"] or "", "common")  # an alert is not yet an outlier


class Strips:
    """The strips of the practice page; what is the same for every practice is made once."""

    def __init__(self, data: PackData) -> None:
        self._data = data
        self._rows = [row for row in data.layout.practice.rows if row.indicator in data.layout.practice.strips]
        self._strip = cache(self._made)

    def chart(self, practice: str) -> Chart | None:
        """One practice among all; none where the release has no result of any of them."""
        shows = [made for row in self._rows if (made := self._shows(row.indicator, row.name, practice))]
        if not shows:
            return None
        title = f"{practice} among all practices of the commissioner"
        return _chart(title, strip.strips(shows, ident=f"strips-{practice}", title=title))

    def _shows(self, indicator: str, name: str, practice: str) -> strip.Shows | None:
        metric = self._data.metric(indicator, ("practice", practice))
        if metric is None:
            return None
        row = metric.current
        beside = self._data.comparison(row)
        return strip.Shows(
            self._strip(indicator, name),
            row["value"],
            beside["ci_lower"] if beside else None,
            beside["ci_upper"] if beside else None,
            meaning(row, metric.definition["direction"]),
            absence(row),
        )

    def _made(self, indicator: str, name: str) -> strip.Strip:
        found = [self._data.metric(indicator, ("practice", code)) for code in self._data.practices]
        metrics = [one for one in found if one is not None]
        together = self._data.metric(indicator, self._data.commissioner)
        known = [one.current["value"] for one in metrics if one.current["value"] is not None]
        shared = {one.current["target"] for one in metrics}
        return strip.Strip(
            name,
            metrics[0].how if metrics else Shown(),
            tuple(sorted(known)),
            together.current["value"] if together else None,
            # Practices with targets of their own have no line in common.
            shared.pop() if len(shared) == 1 else None,
        )


def league_chart(data: PackData, indicator: str, ident: str, table: Table | None = None) -> Chart | None:
    """All practices in order; none where no practice has a row."""
    found = {code: data.metric(indicator, ("practice", code)) for code in data.practices}
    metrics = {code: metric for code, metric in found.items() if metric is not None}
    if not metrics:
        return None
    first = next(iter(metrics.values()))
    together = data.metric(indicator, data.commissioner)
    shared = {metric.current["target"] for metric in metrics.values()}
    practices = [_ranked(data, code, metric) for code, metric in metrics.items()]
    title = f"Practices: {first.definition['name']}"
    drawn = league.league(
        practices,
        ident=ident,
        title=title,
        unit=first.definition["unit"],
        how=first.how,
        direction=first.definition["direction"],
        benchmark=together.current["value"] if together else None,
        target=shared.pop() if len(shared) == 1 else None,
    )
    return _chart(title, drawn, table)


def _ranked(data: PackData, code: str, metric: Metric) -> league.Ranked:
    row = metric.current
    beside = data.comparison(row)
    return league.Ranked(
        code,
        data.name("practice", code),
        row["value"],
        beside["ci_lower"] if beside else None,
        beside["ci_upper"] if beside else None,
        meaning(row, metric.definition["direction"]),
        absence(row),
    )


def control_chart(metric: Metric, points: Sequence[Record], ident: str) -> Chart | None:
    """The commissioner's control chart; none where there are no points."""
    if not points:
        return None
    newest, definition = points[-1], metric.definition
    title = f"Control chart: {definition['name']}"
    drawn = spc.control_chart(
        _points(points, definition["direction"]),
        _limits(points),
        ident=ident,
        title=title,
        unit=definition["unit"],
        how=metric.how,
        target=newest["target"],
        variation=newest["variation"],
        assurance=newest["assurance"],
    )
    return _chart(title, drawn)


def _points(points: Sequence[Record], direction: league.Direction) -> list[spc.Point]:
    """Each month with what it means; a month that was judged and has no value is one whose value is hidden."""
    newest, values = points[-1], [point["value"] for point in points if point["value"] is not None]
    flags = newest["point_flags"] or ""
    said: Sequence[Meaning] = ["common"] * len(values)
    if newest["mean"] is not None and len(flags) == len(values):
        said = spc.meanings(values, newest["mean"], flags, direction, newest["variation"] or "common")
    means = iter(said)
    return [
        spc.Point(
            point["month"],
            point["value"],
            "awaiting" if point["point_count"] is None else "hidden",
            "common" if point["value"] is None else next(means),
        )
        for point in points
    ]


def _limits(points: Sequence[Record]) -> spc.Limits | None:
    newest = points[-1]
    first = next((point["month"] for point in points if point["value"] is not None), None)
    if first is None or newest["mean"] is None or newest["lower_limit"] is None or newest["upper_limit"] is None:
        return None
    return spc.Limits(newest["mean"], newest["lower_limit"], newest["upper_limit"], first)


def savings_chart(total: Record, how: Shown, title: str) -> Chart:
    """From the plan of the year to the gap that nothing mitigates."""
    steps = waterfall.savings_steps(*_savings(total))
    if total["mitigation_value"] is None:  # none on record is no step of an unknown amount
        steps = tuple(step for step in steps if not step.label.startswith("Mitigation"))
    return _chart(title, waterfall.waterfall(steps, ident="savings", title=title, unit="£", how=how))


def _savings(
    total: Record,
) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    plan, achieved, forecast = total["plan_fy_reported"], total["actual_ytd"], total["forecast_fy"]
    slipped, mitigation = total["slippage"], total["mitigation_value"]
    to_come = None if None in (forecast, achieved, slipped) else forecast - achieved - slipped
    return plan, achieved, to_come, slipped, mitigation


def _chart(title: str, drawn: Drawing, table: Table | None = None) -> Chart:
    return Chart(title, drawn.svg, drawn.alternative, table)
