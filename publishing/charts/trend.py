"""Small multiples of a value over periods: one panel for each series, all on one scale, gaps where a figure is absent.

Belongs here: lines without statistics. Whether a change is more than chance is told by a control chart (`spc.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from publishing.charts.axes import Area, label_room, y_axis
from publishing.charts.lettering import shorten
from publishing.charts.lettering import width as text_width
from publishing.charts.marks import mark
from publishing.charts.months import Monthly, absent_sentences, in_order, lines_through, months_scale, shades_of_absent
from publishing.charts.palette import AXIS, INK, PAPER, TARGET
from publishing.charts.scale import Linear, Number, Ticks, known, month_number, nice
from publishing.charts.svg import (
    NARROW,
    SIZE,
    WIDE,
    Drawing,
    drawing,
    label,
    line,
    notes,
    sentence_only,
    tag,
    text,
)
from publishing.charts.words import REASONS, joined, some
from publishing.reports.document import Shown
from publishing.reports.formats import month, shown

_HIGH = 92
_TOLD = 12


@dataclass(frozen=True)
class Series:
    """A line: its name and its periods."""

    name: str
    points: tuple[Monthly, ...]


def trend(
    series: Sequence[Series],
    *,
    ident: str,
    title: str,
    unit: str,
    how: Shown,
    every: int = 1,
    target: Number | None = None,
    width: float = WIDE,
) -> Drawing:
    """The panels, three beside each other (one on a phone); `every` is how many months lie between two periods."""
    ordered = [Series(one.name, tuple(in_order(one.points))) for one in series]
    rows = [row for one in ordered for row in one.points]
    values = known((row.value for row in rows), title)
    if not values:
        why = joined(sorted({REASONS[row.absent] for row in rows})) or "no period has come yet"
        return sentence_only(ident, title, f"No chart: {why}.", width)
    ticks = nice([*values, *([target] if target is not None else [])], about=2)
    across = 1 if width < NARROW or len(ordered) == 1 else 3
    wide = (width - 14 * (across - 1)) / across
    span = (min(row.month for row in rows), max(row.month for row in rows))
    beside = max(text_width(shown(value, how), SIZE, bold=True) for value in values) + 12
    high = _HIGH + 58
    head, begin = notes([unit + (f"; target {shown(target, how)} dashed" if target is not None else "")], -1, width)
    body = [head]
    for at, one in enumerate(ordered):
        left, top = at % across * (wide + 14), begin + 4 + at // across * high
        area = Area(left + label_room(ticks, how), top + 24, left + wide - beside, top + 24 + _HIGH)
        name = text(left + 4, top + 12, shorten(one.name, SIZE, wide - 8, bold=True), bold=True)
        body.append(tag("g", name, *_panel(one, span, area, ticks, how, every, target), data_panel=one.name))
    small = [sentence for one in ordered for sentence in _absent(one, len(ordered) > 1)]
    panels = -(-len(ordered) // across)
    small_print, bottom = notes(small, begin - 8 + panels * high, width)
    told = [_told(one, how) for one in ordered[:_TOLD]]
    if len(ordered) > _TOLD:
        told.append(f"And {len(ordered) - _TOLD} more: {some([one.name for one in ordered[_TOLD:]], 100)}.")
    alternative = " ".join([f"{unit[:1].upper()}{unit[1:]}.", *told, *small])
    return drawing(ident, title, alternative, width, bottom, "".join([*body, small_print]))


def _panel(
    one: Series, span: tuple[date, date], area: Area, ticks: Ticks, how: Shown, every: int, target: Number | None
) -> list[str]:
    """Grid lines labelled at the lowest, the highest and zero, and the line of one series."""
    x = months_scale([Monthly(of, None) for of in span], area.left, area.right, every)
    y = ticks.scale(area.bottom, area.top)
    labelled = [tick for tick in ticks.values if tick in (ticks.values[0], ticks.values[-1], 0)]
    drawn = [shades_of_absent(one.points, area, x, every), y_axis(ticks, how, area, y, labelled), _ends(span, area, x)]
    if target is not None:
        at = y.at(target)
        look: dict[str, str | float | None] = {"stroke_width": 1.25, "stroke_dasharray": "5 3", "data_mark": "target"}
        drawn.append(line(area.left, at, area.right, at, TARGET, **look))
    return [*drawn, lines_through(one.points, x, y, INK, every), *_points(one, x, y, how)]


def _ends(span: tuple[date, date], area: Area, x: Linear) -> str:
    """The first and the last month under the panel."""
    drawn = []
    for of, place, anchor in ((span[0], area.left, "start"), (span[1], area.right, "end")):
        at = x.at(month_number(of))
        tick = str(month_number(of))
        drawn.append(line(at, area.bottom, at, area.bottom + 4, AXIS, stroke_width=1, data_tick=tick, data_axis="x"))
        if span[0] == span[1]:
            place, anchor = at, "middle"
        drawn.append(label(place, area.bottom + 16, f"{of:%b %Y}", anchor))
    return "".join(drawn[:2] if span[0] == span[1] else drawn)


def _points(one: Series, x: Linear, y: Linear, how: Shown) -> list[str]:
    """Every value as a dot with its tip, the newest larger and with its figure."""
    there = [row for row in one.points if row.value is not None]
    written = []
    for row in there:
        value = row.value
        assert value is not None
        is_newest = row is there[-1]
        place = (x.at(month_number(row.month)), y.at(value))
        written.append(
            mark(
                *place, "common", size=3.5 if is_newest else 1.75, tip=f"{month(row.month)}: {shown(value, how)}",
                fill=INK, stroke=PAPER, stroke_width=0.5,
                data_mark="point", data_key=f"{one.name}|{row.month.isoformat()}",
            )
        )  # fmt: skip
        if is_newest:
            written.append(text(place[0] + 7, place[1] + 4, shown(value, how), bold=True))
    return written


def _absent(one: Series, is_named: bool) -> list[str]:
    return [f"{one.name}: {told[:1].lower()}{told[1:]}" if is_named else told for told in absent_sentences(one.points)]


def _told(one: Series, how: Shown) -> str:
    there = [row for row in one.points if row.value is not None]
    if not there:
        return f"{one.name}: no figure."
    newest = there[-1]
    now = f"{one.name}: {shown(newest.value, how)} in {month(newest.month)}"
    if len(there) == 1:
        return f"{now}, the only figure."
    lowest, highest = (shown(find(float(row.value or 0) for row in there), how) for find in (min, max))
    return f"{now}, {shown(there[0].value, how)} in {month(there[0].month)}, between {lowest} and {highest}."
