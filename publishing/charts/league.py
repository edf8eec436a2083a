"""Practices in order of their value, each with its interval: a league that shows how little its places mean.

Belongs here: dots, intervals and the lines they are read against. The order is by value: best first, or highest first
where neither way is good. What a dot's shape says (better, worse, high, low) is given, so that league and funnel name
the same practices. Practices without a figure are named in words, not put last. Many practices stand in two columns on
one scale, so that their names can be read on paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from publishing.charts.axes import Area, x_axis
from publishing.charts.lettering import shorten
from publishing.charts.lettering import width as text_width
from publishing.charts.marks import COLOURS, Meaning, key, mark
from publishing.charts.meanings import Direction
from publishing.charts.palette import AXIS, INK, QUIET, SHADE, TARGET
from publishing.charts.scale import Linear, Number, known, nice
from publishing.charts.svg import NARROW, WIDE, Drawing, drawing, line, notes, sentence_only, tag, text
from publishing.charts.words import Absence, absent_groups, beside_overall, between, counted
from publishing.reports.document import Shown
from publishing.reports.formats import shown

_ORDER: dict[Direction, str] = {
    "up": "highest is best, best first",
    "down": "lowest is best, best first",
    "neutral": "neither way is good, highest first",
}
_ROW = 18
_ONE_COLUMN = 46
_HEAD = 40
_SIZE = 10.0


@dataclass(frozen=True)
class Ranked:
    """A practice. Where `value` is None, `absent` says why; without `lower` and `upper` it has no interval."""

    code: str
    name: str
    value: Number | None
    lower: Number | None = None
    upper: Number | None = None
    meaning: Meaning = "common"
    absent: Absence = "awaiting"


def league(
    practices: Sequence[Ranked],
    *,
    ident: str,
    title: str,
    unit: str,
    how: Shown,
    direction: Direction,
    benchmark: Number | None = None,
    overall: Number | None = None,
    target: Number | None = None,
    highlight: frozenset[str] = frozenset(),
    width: float = WIDE,
) -> Drawing:
    """The league; `overall` is the figure of the commissioner, `highlight` are codes of practices to find at once."""
    there = sorted(
        (one for one in practices if one.value is not None),
        key=lambda one: (in_order_of(one.value or 0, direction), one.code),
    )
    gone = absent_groups(
        [(f"{one.code} {one.name}".strip(), one.absent) for one in practices if one.value is None], "practice"
    )
    values = known((one.value for one in there), title)
    if not values:
        return sentence_only(ident, title, " ".join(["No chart: no practice has a figure.", *gone]), width)
    reference = [value for value in (benchmark, target) if value is not None]
    bounds = known((value for one in there for value in (one.lower, one.upper)), title)
    ticks = nice([*values, *bounds, *reference], about=3)
    columns = 2 if width >= NARROW and len(there) > _ONE_COLUMN else 1
    rows = -(-len(there) // columns)
    wide = (width - 20 * (columns - 1)) / columns
    value_room = max(text_width(shown(value, how), _SIZE) for value in values) + 8
    names = min(
        wide * (0.52 if columns == 2 or width < NARROW else 0.42),
        max(text_width(_label(one), _SIZE, bold=True) for one in there) + 10,
    )

    entries = _key(there, benchmark, target, how)
    head, top = notes([f"{unit}; {_ORDER[direction]}"], -1, width)
    drawn_key, top = key(entries, top - 4, width)
    body = [head, drawn_key]
    bottom = top + 8 + rows * _ROW
    for column in range(columns):
        left = column * (wide + 20)
        area = Area(left + names, top + 8, left + wide - value_room, bottom)
        x = ticks.scale(area.left + 4, area.right - 4)
        drawn = _ground(area, left, wide, min(rows, len(there) - column * rows))
        drawn += [x_axis(ticks, how, area, x, grid=True), *_references(benchmark, target, area, x)]
        for at, one in enumerate(there[column * rows : (column + 1) * rows]):
            middle = area.top + (at + 0.5) * _ROW
            drawn.append(_row(one, middle, left, names, left + wide, x, how, one.code in highlight))
        body.append(tag("g", *drawn, data_panel=str(column)))
    small = [*beside_overall(benchmark, overall, how), *gone]
    small_print, end = notes(small, bottom + 22, width)
    alternative = " ".join([*_told(there, how, unit, direction, benchmark, target), *small])
    return drawing(ident, title, alternative, width, end, "".join([*body, small_print]))


def in_order_of(value: Number, direction: Direction) -> float:
    """What sorts values best first, the highest first where neither way is good."""
    match direction:
        case "up" | "neutral":
            return -float(value)
        case "down":
            return float(value)
        case _:
            assert_never(direction)


def _ground(area: Area, left: float, wide: float, rows: int) -> list[str]:
    """Every second row shaded, so that the eye stays in it."""
    return [
        tag("rect", x=left, y=area.top + at * _ROW, width=wide, height=_ROW, fill=SHADE) for at in range(0, rows, 2)
    ]


def _references(benchmark: Number | None, target: Number | None, area: Area, x: Linear) -> list[str]:
    """The lines that values are read against."""
    looks = (("benchmark", benchmark, QUIET, None), ("target", target, TARGET, "5 3"))
    drawn = []
    for name, value, colour, dashes in looks:
        if value is not None:
            ends = (x.at(value), area.top, x.at(value), area.bottom)
            drawn.append(line(*ends, colour, stroke_width=1.25, stroke_dasharray=dashes, data_mark=name))
    return drawn


def _label(one: Ranked) -> str:
    return f"{one.code} {one.name}".strip()


def _row(
    one: Ranked, middle: float, left: float, names: float, right: float, x: Linear, how: Shown, is_highlighted: bool
) -> str:
    """Name, interval, dot and figure."""
    name = shorten(_label(one), _SIZE, names - 8, bold=is_highlighted)
    written = [text(left + 4, middle + 3.5, name, size=_SIZE, bold=is_highlighted)]
    interval = ""
    if one.lower is not None and one.upper is not None:
        colour = COLOURS[one.meaning]
        written.append(
            line(
                x.at(one.lower),
                middle,
                x.at(one.upper),
                middle,
                colour,
                stroke_width=1.5,
                data_mark="interval",
                data_key=one.code,
            )
        )
        interval = f", interval {shown(one.lower, how)} to {shown(one.upper, how)}"
    tip = f"{_label(one)}: {shown(one.value, how)}{interval}"
    dot = mark(x.at(one.value or 0), middle, one.meaning, size=3.25, tip=tip, data_mark="point", data_key=one.code)
    figure = text(
        right - 4, middle + 3.5, shown(one.value, how), size=_SIZE, anchor="end", fill=INK, bold=is_highlighted
    )
    return "".join([*written, dot, figure])


def _key(there: Sequence[Ranked], benchmark: Number | None, target: Number | None, how: Shown) -> list[tuple[str, str]]:
    used = {one.meaning for one in there}
    names: dict[Meaning, str] = {
        "common": "no outlier",
        "improvement": "better (outlier)",
        "concern": "worse (outlier)",
        "neutral_high": "high (outlier)",
        "neutral_low": "low (outlier)",
    }
    entries = [(mark(0, 0, meaning), name) for meaning, name in names.items() if meaning in used and used - {"common"}]
    if any(one.lower is not None for one in there):
        entries.append((line(-6, 0, 6, 0, AXIS, stroke_width=1.5), "95 % interval"))
    if benchmark is not None:
        entries.append((line(0, -6, 0, 6, QUIET, stroke_width=1.5), f"practices together {shown(benchmark, how)}"))
    if target is not None:
        entries.append(
            (line(0, -6, 0, 6, TARGET, stroke_width=1.5, stroke_dasharray="4 2"), f"target {shown(target, how)}")
        )
    return entries


def _told(
    there: Sequence[Ranked],
    how: Shown,
    unit: str,
    direction: Direction,
    benchmark: Number | None,
    target: Number | None,
) -> list[str]:
    ends = [(_label(one), shown(one.value, how)) for one in (there[0], there[-1])]
    first: dict[Direction, str] = {"up": "best first", "down": "best first", "neutral": "highest first"}
    told = [f"{counted(len(there), 'practice')} ({unit}), {first[direction]}, {between(*ends)}."]
    if benchmark is not None:
        told.append(f"Practices together {shown(benchmark, how)}.")
    if target is not None:
        told.append(f"Target {shown(target, how)}.")
    words: dict[Meaning, str] = {
        "improvement": "better",
        "concern": "worse",
        "neutral_high": "high",
        "neutral_low": "low",
    }
    for meaning, word in words.items():
        found = [f"{one.code} {shown(one.value, how)}" for one in there if one.meaning == meaning]
        if found:
            told.append(f"Outliers, {word}: {', '.join(found)}.")
    return told
