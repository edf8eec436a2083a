"""Charts of an indicator, drawn from the release: how it moved, how neighbourhoods and practices differ.

Belongs here: taking rows of the release to a drawing, with the same figures as a table. How a chart looks is in
`publishing.charts`; limits, icons and outliers are the release's own.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from publishing.charts import funnel as funnels
from publishing.charts import league as leagues
from publishing.charts import months, spc, trend, variation_map
from publishing.charts.marks import Meaning
from publishing.charts.meanings import Direction, Side, meaning_of
from publishing.charts.words import REASONS, Absence
from publishing.reports.document import Chart, Column, Inlines, Row, Shown, Table
from publishing.reports.formats import month
from publishing.reports.metrics import Metric, months_after
from publishing.reports.reader import Reader, Record
from publishing.reports.wording import data_note

POINTS = 24


def absence(row: Record) -> Absence:
    """Why a result has no value: one that is ok and has none is hidden, for it tells of few patients."""
    state: Absence = "hidden" if row["state"] == "ok" else row["state"]
    return state


def outlier_meaning(result: Record, direction: Direction) -> Meaning:
    """What the funnel's finding in a result means; an alert is not yet an outlier."""
    sides: dict[str | None, Side] = {"high": "high", "low": "low"}
    side = sides.get(result["outlier"])
    return "common" if side is None else meaning_of(side, direction)


def _at_what_rate(point: Record) -> tuple[str, str]:
    """That months beside a figure of a year are at its rate, and by how many times."""
    factor = point.get("months_a_rate")
    return ("", "") if factor in (None, 1) else (", each at the rate of a year", f" ({factor} times the month)")


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def cell(row: Record, column: str, how: Shown) -> Inlines:
    """A figure, or why there is none."""
    return (REASONS[absence(row)],) if row[column] is None else (row.figure(column, how),)


class IndicatorCharts:
    """Charts of one metric of the commissioner. `called` are names of organisations, by code."""

    def __init__(self, reader: Reader, metric: Metric, called: Mapping[str, str]) -> None:
        self._reader, self._metric, self._called = reader, metric, called
        definition = metric.definition
        self._id: str = definition["indicator_id"]
        self._name: str = definition["name"]
        self._unit: str = definition["unit"]
        self._end: date = metric.current["period_end"]

    def course(self) -> Chart | None:
        """The control chart that ends with the current month; where its values are not shown, the results' own line."""
        current = self._metric.current
        key = (self._id, current["version"], current["org_type"], current["org_code"])
        where = "indicator_id = ? and version = ? and org_type = ? and org_code = ?"
        until = self._end.replace(day=1)
        rows = self._reader.records(
            "indicator_spc",
            f"{where} and month <= ? and month > ?",
            *(*key, until, months_after(until, -POINTS)),
            order="month",
        )
        newest = rows[-1] if rows and rows[-1]["month"] == until else None
        if newest is None or newest["value"] is None or newest["point_count"] is None:
            return self._line(newest)
        values = [row for row in rows if row["value"] is not None][-newest["point_count"] :]
        limits = None
        what: Sequence[Meaning] = ["common"] * len(values)
        if newest["mean"] is not None:
            limits = spc.Limits(newest["mean"], newest["lower_limit"], newest["upper_limit"], values[0]["month"])
            numbers = [row["value"] for row in values]
            direction = self._metric.direction
            icon: Meaning = newest["variation"] or "common"
            what = spc.meanings(numbers, newest["mean"], newest["point_flags"], direction, icon)
        points = [
            spc.Point(row["month"], row["value"], meaning=meaning) for row, meaning in zip(values, what, strict=True)
        ]
        rate, times = _at_what_rate(newest)
        title = f"{self._name}, month by month{rate}"
        drawing = spc.control_chart(
            points,
            limits,
            ident=f"spc-{self._id}",
            title=title,
            unit=self._unit,
            how=self._metric.how,
            target=newest["target"],
            variation=newest["variation"],
            assurance=newest["assurance"],
        )
        columns = (Column("Month"), Column(f"Value ({self._unit})", True))
        table = tuple(Row(((month(row["month"]),), (row.figure("value", self._metric.how),))) for row in values)
        return Chart(f"{title}{times}{self._longer()}", drawing.svg, drawing.alternative, Table(title, columns, table))

    def _longer(self) -> str:
        """That the figure beside single months is itself of more of them; nobody finds it in the chart."""
        row = self._metric.current
        if _months_between(row["window_start"], row["period_end"]) == 0:
            return ""
        return f"; the figure itself is of {data_note(self._metric)}"

    def _line(self, icons: Record | None) -> Chart | None:
        """The results of each period, with a gap where one is absent."""
        current = self._metric.current
        rows = self._reader.records(
            "indicator_result",
            "indicator_id = ? and is_headline and org_view = 'as_at' and org_type = ? and org_code = ? "
            "and period_end <= ? and period_end > ?",
            *(self._id, current["org_type"], current["org_code"], self._end),
            months_after(self._end.replace(day=1), -POINTS),
            order="period_end",
        )
        first = next((at for at, row in enumerate(rows) if row["value"] is not None), None)
        if first is None or len(rows) - first < 2:
            return None
        rows = rows[first:]
        title = f"{self._name}, by period"
        drawing = trend.trend(
            [trend.Series(self._name, tuple(months.Monthly(r["period_end"], r["value"], absence(r)) for r in rows))],
            ident=f"line-{self._id}",
            title=title,
            unit=self._unit,
            how=self._metric.how,
            every=min(_months_between(a, b) for a, b in pairwise(row["period_end"] for row in rows)),
            target=current["target"],
        )
        said = drawing.alternative
        if icons is not None and icons["variation"] is not None:
            said += f" By single months the control chart finds {spc.VARIATION[icons['variation']]}."
        columns = (Column("Period to"), Column(f"Value ({self._unit})", True))
        table = tuple(Row(((month(r["period_end"]),), cell(r, "value", self._metric.how))) for r in rows)
        return Chart(title, drawing.svg, said, Table(title, columns, table))

    def variation(self) -> Chart | None:
        """Neighbourhoods as tiles; none where the indicator has no neighbourhoods."""
        rows = self._results("neighbourhood")
        if not rows:
            return None
        parents = self._reader.records("organisation", "org_type = 'neighbourhood'", order="org_code, valid_from")
        locality = {row["org_code"]: self._called.get(row["locality"] or "", "") for row in parents}
        title = f"{self._name}, by neighbourhood"
        drawing = variation_map.variation_map(
            [
                variation_map.Tile(
                    row["org_code"],
                    self._called.get(row["org_code"], row["org_code"]),
                    locality.get(row["org_code"], ""),
                    row["value"],
                    absence(row),
                )
                for row in rows
            ],
            ident=f"map-{self._id}",
            title=title,
            unit=self._unit,
            how=self._metric.how,
            overall=self._metric.current["value"],
        )
        columns = (Column("Neighbourhood"), Column("Locality"), Column(f"Value ({self._unit})", True))
        table = tuple(
            Row(
                (
                    (self._called.get(row["org_code"], row["org_code"]),),
                    (locality.get(row["org_code"], ""),),
                    cell(row, "value", self._metric.how),
                )
            )
            for row in rows
        )
        return Chart(title, drawing.svg, drawing.alternative, Table(title, columns, table))

    def funnel(self) -> Chart | None:
        """Practices between funnel limits; none for what has no funnel. Its figures are those of the league."""
        compared = self._compared()
        if not any(row["benchmark"] is not None for row in compared.values()):
            return None
        with_limits = [row for row in compared.values() if row["alert_upper"] is not None and row["denominator"]]
        benchmark = next(row["benchmark"] for row in compared.values() if row["benchmark"] is not None)
        spread = next((row["spread"] for row in compared.values() if row["spread"] is not None), None)
        title = f"{self._name}: practices and chance"
        drawing = funnels.funnel(
            [self._place(row, compared.get(row["org_code"])) for row in self._results("practice")],
            funnels.of_rows(
                benchmark, [(r["denominator"], r["alert_upper"], r["outlier_upper"]) for r in with_limits], spread
            ),
            ident=f"funnel-{self._id}",
            title=title,
            unit=self._unit,
            of=self._metric.definition["denominator_label"] or "",
            how=self._metric.how,
            direction=self._metric.direction,
            overall=self._of_compared(),
        )
        return Chart(title, drawing.svg, drawing.alternative)

    def lacks_funnel(self) -> bool:
        """Whether the funnel is left out only for a practice that is hidden: its count followed from the limits."""
        compared = self._compared()
        is_hidden = any(row["state"] == "ok" and row["value"] is None for row in self._results("practice"))
        has_limits = self._metric.definition["statistic"] != "none"
        return has_limits and is_hidden and all(row["benchmark"] is None for row in compared.values())

    def league(self) -> Chart | None:
        """Every practice with its interval, place and the places that chance allows."""
        rows, compared = self._results("practice"), self._compared()
        if not rows:
            return None
        title = f"{self._name}, practices with intervals"
        ranked = [self._ranked(row, compared.get(row["org_code"])) for row in rows]
        benchmark = next((r["benchmark"] for r in compared.values() if r["benchmark"] is not None), None)
        drawing = leagues.league(
            ranked,
            ident=f"league-{self._id}",
            title=title,
            unit=self._unit,
            how=self._metric.how,
            direction=self._metric.direction,
            benchmark=benchmark,
            overall=self._of_compared(),
            target=self._metric.current["target"],
        )
        return Chart(title, drawing.svg, drawing.alternative, self._league_table(title, rows, compared))

    def _league_table(self, title: str, rows: Sequence[Record], compared: Mapping[str, Record]) -> Table:
        columns = (
            *(Column("Practice"), Column(f"Value ({self._unit})", True), Column("Interval"), Column("Place")),
            Column("Outlier"),
        )
        how, whole = self._metric.how, Shown()
        table = []
        for row in rows:
            other = compared.get(row["org_code"])
            interval: Inlines = ("none",)
            place: Inlines = ("none",)
            if other is not None and other["ci_lower"] is not None:
                interval = (other.figure("ci_lower", how), " to ", other.figure("ci_upper", how))
            if other is not None and other["place"] is not None:
                place = (
                    *(other.figure("place", whole), ", chance allows "),
                    *(other.figure("best_place", whole), " to ", other.figure("worst_place", whole)),
                )
            name = f"{self._called.get(row['org_code'], row['org_code'])} ({row['org_code']})"
            outlier = (row["outlier"] or "no").replace("_", " ")
            table.append(Row(((name,), cell(row, "value", how), interval, place, (outlier,))))
        return Table(title, columns, tuple(table))

    def _results(self, org_type: str) -> list[Record]:
        return self._reader.records(
            "indicator_result",
            "indicator_id = ? and version = ? and is_headline and org_view = 'as_at' and org_type = ? "
            "and period_end = ? and org_code in (select org_code from organisation where commissioner_code = ?)",
            *(self._id, self._metric.current["version"], org_type, self._end, self._reader.commissioner),
            order="org_code",
        )

    def _of_compared(self) -> Any:
        """The commissioner's figure; of several the practices of all are compared, of which it is a part alone."""
        return self._metric.current["value"] if len(self._reader.commissioners) == 1 else None

    def _compared(self) -> dict[str, Record]:
        rows = self._reader.records(
            "indicator_comparison",
            "indicator_id = ? and version = ? and period_end = ?",
            *(self._id, self._metric.current["version"], self._end),
        )
        return {row["practice_code"]: row for row in rows}

    def _place(self, row: Record, other: Record | None) -> funnels.Place:
        size: Any = None if other is None else other["denominator"]
        code = row["org_code"]
        return funnels.Place(code, self._called.get(code, code), row["value"], size, row["outlier"], absence(row))

    def _ranked(self, row: Record, other: Record | None) -> leagues.Ranked:
        code = row["org_code"]
        meaning = outlier_meaning(row, self._metric.direction)
        lower, upper = (None, None) if other is None else (other["ci_lower"], other["ci_upper"])
        return leagues.Ranked(code, self._called.get(code, code), row["value"], lower, upper, meaning, absence(row))
