"""Access to general practice: who does not reach the access measure, ranked by what patients say in the survey.

Belongs here: the ranking, and the same measures by neighbourhood. A practice's rank among those that miss the measure
is by the sum of its places in the survey measures (most first: least content); without all of them it has no rank.
"""

from collections.abc import Sequence
from dataclasses import replace

from publishing.reports.document import (
    Block,
    Bullets,
    Column,
    Document,
    Figure,
    Heading,
    Inlines,
    Paragraph,
    Row,
    Table,
)
from publishing.reports.formats import figure, month
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.pack_layout import PackRow
from publishing.reports.pack_words import (
    COUNT,
    NOT_RELEASED,
    achieving,
    compared_among,
    is_known,
    named,
    numbers,
    of_rows,
    ordinal,
    place,
    places,
    short_value,
    target,
)
from publishing.reports.reader import COUNTS, Record

EXPLAINED = (
    "Places are among all practices of {whom}, the best first; in brackets the best and the worst place that "
    "chance allows: practices whose spans meet are not told apart. Practices that do not achieve the access measure "
    "are ranked by the sum of their places in the survey measures, the least content first."
)
ACHIEVES = ("met", "A")


class AccessDashboard:
    """The dashboard of one period."""

    def __init__(self, data: PackData) -> None:
        self._data, self._layout = data, data.layout.access

    def document(self) -> Document:
        """The whole dashboard."""
        data = self._data
        missing, achieved, unknown = self._groups()
        metric = data.metric(self._layout.measure, data.commissioner)
        chart = data.charts(metric).league() if metric else None
        blocks: list[Block] = [
            Paragraph(self._headline(missing)),
            Paragraph((EXPLAINED.format(whom=compared_among(data.reader.commissioners)),), "note"),
            *((replace(chart, data=None),) if chart else ()),  # its figures are in the tables below
            Heading(2, "Practices that do not achieve the access measure", anchor="missing"),
            self._table("Not achieving, by the survey measures", self._ranked(missing)) if missing else _nobody(),
            Heading(2, "Practices that achieve it", anchor="achieving"),
            self._table("Achieving, by code", [(code, None) for code in achieved]) if achieved else _nobody(),
            Heading(2, "Practices without a figure", anchor="unknown"),
            self._table("No figure, by code", [(code, None) for code in unknown]) if unknown else _nobody(),
            Heading(2, "Neighbourhoods", anchor="neighbourhoods"),
            self._neighbourhoods(),
            Paragraph((data.statement,), "note"),
        ]
        return Document(
            name="access",
            title="Access to general practice",
            subtitle=f"{data.reader.commissioner}, {month(data.period)}",
            release_id=data.reader.release_id,
            blocks=tuple(blocks),
            facts={
                "Practices": (of_rows(list(data.practices.values())),),
                COUNTS: (data.reader.disclosure,),
                "Release": (data.reader.release_id,),
            },
        )

    def _headline(self, missing: Sequence[str]) -> Inlines:
        metric = self._data.metric(self._layout.measure, self._data.commissioner)
        if metric is None:
            return NOT_RELEASED
        words: Inlines = (f"{named(metric, metric.definition['name'])}: ", *short_value(metric), "; target ")
        words += (*target(metric), ". Practices achieving it: ", *achieving(metric.current), ".")
        return words

    def _metric(self, indicator: str, code: str) -> Metric | None:
        return self._data.metric(indicator, ("practice", code))

    def _groups(self) -> tuple[list[str], list[str], list[str]]:
        """Codes of practices that miss the measure, that achieve it, and of which that is not known."""
        missing: list[str] = []
        achieved: list[str] = []
        unknown: list[str] = []
        for code in self._data.practices:
            metric = self._metric(self._layout.measure, code)
            if metric is None or not is_known(metric) or metric.current["band"] is None:
                unknown.append(code)
            else:
                (achieved if metric.current["band"] in ACHIEVES else missing).append(code)
        return missing, achieved, unknown

    def _places(self, code: str) -> list[Record]:
        """The practice's rows beside the others in the survey measures that place it."""
        found = []
        for row in self._layout.survey:
            metric = self._metric(row.indicator, code)
            beside = self._data.comparison(metric.current) if metric else None
            if beside is not None and beside["place"] is not None:
                found.append(beside)
        return found

    def _ranked(self, codes: Sequence[str]) -> list[tuple[str, Figure | None]]:
        """Practices with the sum of their places, the largest first; those without all places last, by code."""
        found: list[tuple[str, Figure | None]] = []
        for code in codes:
            places = self._places(code)
            if len(places) < len(self._layout.survey):
                found.append((code, None))
                continue
            total = sum(row["place"] for row in places)
            sources = (row.source("place") for row in places)
            found.append((code, figure(total, COUNT, *sources, operation="sum")))
        return sorted(found, key=lambda one: (-_amount(one[1]), one[0]))

    def _table(self, caption: str, practices: Sequence[tuple[str, Figure | None]]) -> Table:
        columns = (
            *(Column("Practice"), Column("Neighbourhood"), *numbers("Appointments per 1,000 a week"), Column("Place")),
            *numbers("Sum of survey places", *(row.name for row in self._layout.survey)),
            *numbers(*(row.name for row in self._layout.others)),
        )
        return Table(caption, columns, tuple(self._row(*one) for one in practices))

    def _row(self, code: str, total: Figure | None) -> Row:
        data, listed = self._data, self._data.practices[code]
        metric = self._metric(self._layout.measure, code)
        reached = metric is not None and metric.current["band"] in ACHIEVES
        summed: Inlines = (total,) if total is not None else ("achieves" if reached else "not ranked",)
        return Row(
            (
                (f"{code} {data.name('practice', code)}",),
                (data.name("neighbourhood", listed["neighbourhood"]),),
                short_value(metric),
                place(data.comparison(metric.current) if metric else None),
                summed,
                *(self._survey(row, code) for row in self._layout.survey),
                *(short_value(self._metric(row.indicator, code), with_trend=False) for row in self._layout.others),
            )
        )

    def _survey(self, row: PackRow, code: str) -> Inlines:
        """`77.1%, 12th (8th to 19th)`."""
        metric = self._metric(row.indicator, code)
        if metric is None or not is_known(metric):
            return short_value(metric, with_trend=False)
        said = short_value(metric, with_trend=False)
        beside = self._data.comparison(metric.current)
        if beside is None or beside["place"] is None:
            return (*said, ", not ranked")
        return (*said, ", ", beside.figure("place", ordinal(beside["place"])), *places(beside))

    def _neighbourhoods(self) -> Table:
        data = self._data
        shown = [(self._layout.measure, "Appointments per 1,000 a week")]
        shown += [(row.indicator, row.name) for row in (*self._layout.survey, *self._layout.others)]
        columns = (Column("Neighbourhood"), *numbers(shown[0][1], "Practices achieving it"))
        columns += numbers(*(name for _, name in shown[1:]))
        rows = []
        orgs = [("neighbourhood", code) for code in data.neighbourhoods]
        for org in (*orgs, data.commissioner):
            metrics = [data.metric(indicator, org) for indicator, _ in shown]
            reached = achieving(metrics[0].current) if metrics[0] else NOT_RELEASED
            name = "Commissioner" if org == data.commissioner else data.name(*org)
            cells = [short_value(metric) for metric in metrics]
            rows.append(Row(((name,), cells[0], reached, *cells[1:]), is_total=org == data.commissioner))
        return Table("Access measures by neighbourhood", columns, tuple(rows))


def _amount(total: Figure | None) -> int:
    return int(total.value) if total is not None and total.value is not None else 0


def _nobody() -> Bullets:
    return Bullets((("None.",),))
