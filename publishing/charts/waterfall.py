"""Waterfall of savings or of any sum: what it starts from, each signed step, and what is left.

Belongs here: adding steps up exactly and drawing them as rows, so that long names are read level and a phone shows all
of it. Steps are arrows that point where they go; totals are plain bars from zero. A step whose amount is not known is
no step of zero: what comes after it has no place until a total says where the sum stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from publishing.charts.axes import Area, x_axis
from publishing.charts.lettering import width as text_width
from publishing.charts.lettering import wrap
from publishing.charts.marks import COLOURS, Meaning
from publishing.charts.palette import AXIS, PAPER, TOTAL
from publishing.charts.scale import Linear, nice
from publishing.charts.svg import (
    SIZE,
    WIDE,
    Drawing,
    drawing,
    escape,
    line,
    notes,
    polygon,
    sentence_only,
    tag,
    text,
)
from publishing.charts.words import REASONS, Absence, joined
from publishing.reports.document import Shown
from publishing.reports.formats import shown

_ROW = 36
_BAR = 20
_TIP = 7


@dataclass(frozen=True)
class Step:
    """A row. A `total` states where the sum stands (None: what the steps before come to); a change is added to it."""

    label: str
    amount: Decimal | None
    kind: Literal["total", "change"] = "change"
    meaning: Meaning = "common"
    absent: Absence = "awaiting"


@dataclass(frozen=True)
class Bar:
    """From where to where a step goes; None where that is not known."""

    step: Step
    start: Decimal | None
    end: Decimal | None

    @property
    def is_placed(self) -> bool:
        """Whether both ends are known."""
        return self.start is not None and self.end is not None


def savings_steps(
    plan: Decimal | None,
    achieved: Decimal | None,
    to_come: Decimal | None,
    slippage: Decimal | None,
    mitigation: Decimal | None,
) -> tuple[Step, ...]:
    """The steps of a savings programme from its plan to its gap, amounts positive: what closes the gap goes down.

    `to_come` is forecast for later months without what slipped there (`slippage`), so that nothing counts twice.
    """

    def closing(amount: Decimal | None) -> Decimal | None:
        return None if amount is None else -amount

    return (
        Step("Plan of the year", plan, "total"),
        Step("Achieved to date", closing(achieved), meaning="improvement"),
        Step("Forecast later, as planned", closing(to_come)),
        Step("Slipped to later months", closing(slippage), meaning="concern"),
        Step("Mitigation on record", closing(mitigation)),
        Step("Gap", None, "total"),
    )


def bars(steps: Sequence[Step]) -> list[Bar]:
    """Where each step stands. A total that is not what the steps before it come to is an error."""
    found: list[Bar] = []
    running: Decimal | None = None
    for at, step in enumerate(steps):
        if step.kind == "change":
            start = Decimal(0) if at == 0 else running
            end = None if start is None or step.amount is None else start + step.amount
            found.append(Bar(step, start, end))
        else:
            if running is not None and step.amount is not None and running != step.amount:
                raise ValueError(
                    f"total {step.label!r} is {step.amount}, but the steps before it come to {running}: "
                    "a waterfall whose steps do not add up is not drawn"
                )
            end = running if step.amount is None else step.amount
            found.append(Bar(step, Decimal(0), end))
        running = end
    return found


def waterfall(steps: Sequence[Step], *, ident: str, title: str, unit: str, how: Shown, width: float = WIDE) -> Drawing:
    """The rows from top to bottom, each led to the next."""
    rows = bars(steps)
    edges = [edge for bar in rows if bar.is_placed for edge in (bar.start, bar.end) if edge is not None]
    if not edges:
        return sentence_only(ident, title, "No chart: no amount is known yet.", width)
    ticks = nice([Decimal(0), *edges], about=4)
    figures = [_figure(bar, how) for bar in rows]
    figure_room = max(text_width(figure, SIZE, bold=True) for figure in figures) + 14
    names = min(width * 0.36, max(text_width(step.label, SIZE, bold=True) for step in steps) + 12)
    head, top = notes([unit], -1, width)
    area = Area(names, top + 4, width - figure_room, top + 4 + _ROW * len(rows))
    x = ticks.scale(area.left, area.right)
    body = [head, x_axis(ticks, how, area, x, grid=True)]
    for at, (bar, figure) in enumerate(zip(rows, figures, strict=True)):
        middle = area.top + (at + 0.5) * _ROW
        is_total = bar.step.kind == "total"
        if at + 1 < len(rows) and bar.end is not None:
            place = x.at(bar.end)
            body.append(line(place, middle + _BAR / 2, place, middle + _ROW - _BAR / 2, AXIS, stroke_width=1))
        lines = wrap(bar.step.label, SIZE, names - 10, lines=2, bold=is_total)
        for row, words in enumerate(lines):
            body.append(text(4, middle + 4 + 14 * (row - (len(lines) - 1) / 2), words, bold=is_total))
        body.append(_drawn(bar, middle, x, f"{bar.step.label}: {figure}", at))
        body.append(text(width - 4, middle + 4, figure, anchor="end", bold=is_total))
    small = [
        f"{bar.step.label}: {REASONS[bar.step.absent]}, so what follows is not known until the next stated total."
        for bar in rows
        if bar.step.kind == "change" and bar.step.amount is None
    ]
    small_print, bottom = notes(small, area.bottom + 22, width)
    return drawing(
        ident, title, " ".join([*_told(rows, figures, how), *small]), width, bottom, "".join([*body, small_print])
    )


def _figure(bar: Bar, how: Shown) -> str:
    """The amount as written beside the row, with its sign where it is a change."""
    if bar.step.kind == "total":
        return "not known" if bar.end is None else shown(bar.end, how)
    if bar.step.amount is None:
        return bar.step.absent
    return _signed(bar.step.amount, how)


def _signed(amount: Decimal | None, how: Shown) -> str:
    return ("+" if amount is not None and amount > 0 else "") + shown(amount, how)


def _drawn(bar: Bar, middle: float, x: Linear, tip: str, at: int) -> str:
    """A bar from zero, or an arrow."""
    if bar.start is None or bar.end is None:
        return ""
    begin, end = x.at(bar.start), x.at(bar.end)
    top, bottom = middle - _BAR / 2, middle + _BAR / 2
    told = tag("title", escape(tip))
    marks: dict[str, str | float | None] = {"data_mark": bar.step.kind, "data_key": str(at)}
    if bar.step.kind == "total":
        places = [(begin, top), (end, top), (end, bottom), (begin, bottom)]
        return polygon(places, told, fill=TOTAL, **marks)
    if begin == end:
        return line(begin, top, begin, bottom, COLOURS[bar.step.meaning], stroke_width=2, **marks)
    neck = end - min(_TIP, abs(end - begin)) * (1 if end > begin else -1)
    places = [(begin, top), (neck, top), (end, middle), (neck, bottom), (begin, bottom)]
    return polygon(places, told, fill=COLOURS[bar.step.meaning], stroke=PAPER, stroke_width=0.5, **marks)


def _told(rows: Sequence[Bar], figures: Sequence[str], how: Shown) -> list[str]:
    told = [f"{joined([f'{bar.step.label} {figure}' for bar, figure in zip(rows, figures, strict=True)])}."]
    changes = [bar.step for bar in rows if bar.step.kind == "change" and bar.step.amount]
    if len(changes) > 1:
        largest = max(changes, key=lambda step: abs(step.amount or Decimal(0)))
        told.append(f"Largest step: {largest.label}, {_signed(largest.amount, how)}.")
    return told
