"""Sections 4 to 6 of the committee report: the summary, and a block for each indicator with its narrative.

Belongs here: the summary table (A), national blocks (B) and the blocks of the GP Specification (C).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from publishing.reports.document import (
    Block,
    Colour,
    Column,
    Group,
    Heading,
    Inline,
    Inlines,
    Pair,
    Paragraph,
    Row,
    Shown,
    Table,
)
from publishing.reports.formats import figure, month
from publishing.reports.layout import Detail, Layout, SummaryGroup, SummaryRow
from publishing.reports.metrics import Metric, Metrics
from publishing.reports.reader import Reader, Record
from publishing.reports.texts import Texts
from publishing.reports.wording import (
    MISSING_METRIC,
    at_odds,
    awaited,
    band_line,
    data_note,
    definition_note,
    joined,
    sentence,
    target,
    trend_words,
    value,
    within,
)

COLUMNS = (Column("Area"), Column("Target"), Column("Current performance"))
TO_BE_CONFIRMED = "TBC"


@dataclass(frozen=True)
class Summary:
    """What these sections are made from.

    Attributes:
        before_label: what the column of the report before is called, `before_words` the same in a sentence.
        finance: content of the summary's row about money.
    """

    reader: Reader
    layout: Layout
    metrics: Metrics
    texts: Texts
    before_label: str
    before_words: str
    year: str
    finance: Inlines
    charts: Callable[[Metric], tuple[Block, ...]]

    def metric(self, indicator: str) -> Metric | None:
        """An indicator, as far as the data of its feeds goes."""
        return self.metrics.metric(indicator, self.layout.group_of(indicator))

    def table(self, groups: tuple[SummaryGroup, ...], caption: str) -> Table:
        """The summary table, or the part of it that these groups are."""
        rows: list[Row | Group] = []
        for group in groups:
            rows.append(Group(group.title.format(year=self.year)))
            rows += [self._row(row) for row in group.rows]
        return Table(caption, COLUMNS, tuple(rows))

    def whole(self) -> Table:
        """The summary of section 4."""
        return self.table(self.layout.summary, "Current performance against target, all areas of this report")

    def local(self) -> Table:
        """The rows of the GP Specification, again at the head of section 6."""
        groups = tuple(group for group in self.layout.summary if group.key == "local")
        return self.table(groups, "Current performance against target, GP Specification")

    def _row(self, row: SummaryRow) -> Row:
        if row.show == "finance":
            return Row(((row.name,), ("Achieve a balanced budget",), self.finance))
        metric = self.metric(row.indicator)
        if metric is None:
            return Row(((row.name,), ("No target.",), MISSING_METRIC))
        shows: Mapping[str, Callable[[Metric], Inlines]] = {
            "value": self._value,
            "baseline": self._baseline,
            "returns": self.returns,
        }
        return Row((self._area(row.name, metric), target(metric), shows[row.show](metric)))

    def _area(self, name: str, metric: Metric) -> Inlines:
        colour = metric.current["rag"] if metric.current["state"] == "ok" else None
        marks: list[Inline] = [Colour(colour)] if colour else []
        if metric.trend is not None:
            marks += [" ", metric.trend] if marks else [metric.trend]
        return joined(((name,), tuple(marks)))

    def _value(self, metric: Metric) -> Inlines:
        if metric.current["state"] == "awaiting":
            return awaited(self.reader, metric.current)
        if metric.current["state"] != "ok":
            return value(metric)
        moved = self._moved(metric)
        return (*value(metric), *moved, f" ({data_note(metric)})")

    def _moved(self, metric: Metric) -> Inlines:
        """`, down (improving) from 1.17 at the June report`."""
        before, trend = metric.before, metric.trend
        if trend is None or before is None or before["period_end"] == metric.current["period_end"]:
            return ()
        if trend.direction == "level":
            return (f", unchanged since {self.before_words}",)
        old = before.figure("value", metric.how)
        return (f", {trend.direction} ({trend.meaning}) from ", old, f" at {self.before_words}")

    def _baseline(self, metric: Metric) -> Inlines:
        """Baseline and current, each with its colour; what is withheld has no baseline either until it is settled."""
        if metric.current["state"] == "withheld":
            return joined((value(metric), (f"Baseline: {TO_BE_CONFIRMED}",)))
        baseline: Inlines = value(metric, metric.year_end) if metric.year_end is not None else ("not known",)
        current = awaited(self.reader, metric.current) if metric.current["state"] == "awaiting" else value(metric)
        return joined((("Baseline: ", *baseline), ("Current: ", *current, f" ({data_note(metric)})")))

    def returns(self, metric: Metric) -> Inlines:
        """How many practices did not send the return of the newest month, and how that changed."""
        row = metric.current
        if row["state"] != "ok":
            return self._value(metric)
        failed = _sum((row, "denominator", 1), (row, "numerator", -1))
        text: Inlines = (f"For {month(row['period_end'])}: ", failed, " practices did not submit")
        before = self.reader.newest(
            "indicator_result",
            "period_end",
            "indicator_id = ? and variant = ? and org_view = 'as_at' and org_type = ? and org_code = ? "
            "and state = 'ok' and period_end < ?",
            *(row[name] for name in ("indicator_id", "variant", "org_type", "org_code", "period_end")),
        )
        if before is None:
            return (*text, ".")
        difference = (before["denominator"] - before["numerator"]) - (row["denominator"] - row["numerator"])
        when = f" than for {month(before['period_end'])}."
        if difference == 0:
            return (*text, f", as many as for {month(before['period_end'])}.")
        sign = 1 if difference > 0 else -1
        changed = _sum(
            *((before, "denominator", sign), (before, "numerator", -sign)),
            *((row, "denominator", -sign), (row, "numerator", sign)),
        )
        return (*text, ", ", changed, " fewer" if difference > 0 else " more", when)

    def national_block(self, detail: Detail) -> tuple[Block, ...]:
        """A national indicator: rule, target and value beside free narrative."""
        metric = self.metric(detail.indicator)
        heading = Heading(4, detail.title, detail.number, f"s-{detail.number.replace('.', '-')}")
        slot = self.texts.slot(detail.slot, "Update")
        if metric is None:
            return (heading, Paragraph(MISSING_METRIC), slot)
        noted = (Paragraph((detail.note,), tone="note"),) if detail.note else ()
        left = (*self._definition(metric), Paragraph(("Target: ", *target(metric))), *noted)
        right = (Paragraph((*trend_words(metric.trend), " ", *self._value(metric))), slot)
        return (heading, Pair(("Indicator", "Narrative"), left, right), *self.charts(metric))

    def local_block(self, detail: Detail) -> tuple[Block, ...]:
        """An indicator of the GP Specification: its current line beside how many practices achieve it."""
        metric = self.metric(detail.indicator)
        heading = Heading(3, detail.title, detail.number, f"s-{detail.number.replace('.', '-')}")
        slot = self.texts.slot(detail.slot, "Assurance on CCG control measures")
        if metric is None:
            return (heading, Paragraph(MISSING_METRIC), slot)
        when = Paragraph((sentence(data_note(metric)) + ".",), tone="note")
        left = (*self._definition(metric), Paragraph(band_line(metric)), when)
        return (
            heading,
            Pair(("Indicator", "Narrative"), left, (self.achieving(metric), *self._judged(metric))),
            slot,
            *self.charts(metric),
        )

    def _definition(self, metric: Metric) -> tuple[Block, ...]:
        definition = metric.definition
        per = f" per {within(definition['denominator_label'])}" if definition["denominator_label"] else ""
        row = metric.current
        blocks: list[Block] = [
            Paragraph((definition["name"],)),
            Paragraph((f"{definition['numerator_label']}{per}; {definition['unit']}.",), tone="note"),
        ]
        if note := definition_note(metric):
            blocks.append(Paragraph(note, tone="note"))
        marks: list[Inline] = [Colour(row["rag"])] if row["state"] == "ok" and row["rag"] else []
        if metric.trend is not None:
            marks += [" ", metric.trend] if marks else [metric.trend]
        if marks:
            blocks.append(Paragraph(tuple(marks)))
        if row["rag"]:
            blocks += [Paragraph((said,), tone="note") for said in at_odds(self.reader, definition)]
        return tuple(blocks)

    def achieving(self, metric: Metric) -> Table:
        """How many practices achieve it, at the report before and now; of an indicator without bands not counted."""
        current, caption = metric.current, f"Practices achieving: {metric.definition['name']}"
        if not metric.bands:
            columns = (Column("Unbanded"), Column("Numbers achieving", True))
            return Table(caption, columns, (Row(((self.before_label,), ("-",))), Row((("Current",), ("N/A",)))))
        best = metric.bands[0]["band"]
        if current["state"] != "ok":
            columns = (Column("Band"), Column("Numbers achieving", True))
            word = TO_BE_CONFIRMED if current["state"] == "withheld" else "awaiting"
            return Table(caption, columns, (Row(((best,), (word,))),))
        columns = (Column(f"Band {best}"), Column("Numbers achieving", True))
        rows = ((self.before_label, metric.before), ("Current", current))
        return Table(caption, columns, tuple(Row(((label,), _achieved(row))) for label, row in rows))

    def _judged(self, metric: Metric) -> tuple[Block, ...]:
        """Of how many practices those are that achieve it; nothing where none are counted."""
        rows = ((f" in {self.before_label}", metric.before), (" now", metric.current)) if metric.bands else ()
        parts = [
            (row.figure("orgs_judged", Shown()), label)
            for label, row in rows
            if row is not None and row["numbers_achieving"] is not None and row["orgs_judged"] is not None
        ]
        if not parts or metric.current["state"] != "ok":
            return ()
        words: list[Inline] = ["Practices judged: "]
        for part in parts:
            words += [", ", *part] if len(words) > 1 else part
        return (Paragraph((*words, "."), tone="note"),)


def _achieved(row: Record | None) -> Inlines:
    if row is None or row["numbers_achieving"] is None:
        return ("not known",)
    return (row.figure("numbers_achieving", Shown()),)


def _sum(*terms: tuple[Record, str, int]) -> Inline:
    total = sum(sign * row[column] for row, column, sign in terms)
    return figure(total, Shown(), *(row.source(column, sign) for row, column, sign in terms), operation="sum")
