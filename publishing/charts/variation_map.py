"""Map of variation between neighbourhoods: one tile each, shaded by its value, in a row for each locality.

Belongs here: tiles. Why tiles and no outlines: no boundaries of neighbourhoods are published (they are groups of
practices, whose patients live across each other's areas), a release has no geography, and an outline would give a
large area with few patients the most ink. Tiles are of one size, always in the same place (by locality and name), and
have room for name and figure; so the shade is never the only thing that tells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from publishing.charts.lettering import width as text_width
from publishing.charts.lettering import wrap
from publishing.charts.marks import key
from publishing.charts.palette import AXIS, COMMON, INK, PAPER, SEQUENCE, text_on
from publishing.charts.scale import Number, Ticks, classes, known
from publishing.charts.svg import (
    NARROW,
    SIZE,
    SMALL,
    WIDE,
    Drawing,
    drawing,
    escape,
    notes,
    sentence_only,
    tag,
    text,
)
from publishing.charts.words import Absence, absent_groups, between, counted
from publishing.reports.document import Shown
from publishing.reports.formats import shown

_HIGH = 64
_GAP = 6


@dataclass(frozen=True)
class Tile:
    """A neighbourhood. Where `value` is None, `absent` says why."""

    code: str
    name: str
    locality: str
    value: Number | None
    absent: Absence = "awaiting"


def variation_map(
    tiles: Sequence[Tile],
    *,
    ident: str,
    title: str,
    unit: str,
    how: Shown,
    overall: Number | None = None,
    width: float = WIDE,
) -> Drawing:
    """The tiles, four beside each other (two on a phone); `overall` is the figure of all together."""
    there = [one for one in tiles if one.value is not None]
    gone = absent_groups([(one.name, one.absent) for one in tiles if one.value is None], "neighbourhood")
    values = known((one.value for one in there), title)
    if not values:
        return sentence_only(ident, title, " ".join(["No map: no neighbourhood has a figure.", *gone]), width)
    ticks = classes(values, len(SEQUENCE))
    colours = _colours(len(ticks.values) - 1)
    across = 2 if width < NARROW else 4
    wide = (width - _GAP * (across - 1)) / across
    head, top = notes([f"{unit}; darker is higher"], -1, width)
    body = [head]
    for locality in sorted({one.locality for one in tiles}):
        body.append(text(4, top + 16, locality or "No locality", bold=True))
        top += 24
        members = sorted((one for one in tiles if one.locality == locality), key=lambda one: (one.name, one.code))
        for at, one in enumerate(members):
            place = (at % across * (wide + _GAP), top + at // across * (_HIGH + _GAP))
            body.append(_tile(one, *place, wide, ticks, colours, how))
        top += -(-len(members) // across) * (_HIGH + _GAP) + 4
    drawn_key, bottom = key(_key(ticks, colours, how), top, width)
    small = ([f"All together {shown(overall, how)}."] if overall is not None else []) + gone
    small_print, bottom = notes(small, bottom, width)
    alternative = " ".join([*_told(there, how, unit), *small])
    return drawing(ident, title, alternative, width, bottom, "".join([*body, drawn_key, small_print]))


def _colours(classes: int) -> tuple[str, ...]:
    """So many shades, as far apart as they can be."""
    if classes == 1:
        return (SEQUENCE[1],)
    return tuple(SEQUENCE[round(at * (len(SEQUENCE) - 1) / (classes - 1))] for at in range(classes))


def class_of(value: Number, ticks: Ticks) -> int:
    """Which class a value is in: from its lower bound to under its upper one, the highest with its upper bound."""
    at = int(((Decimal(str(value)) - ticks.values[0]) / ticks.step).to_integral_value(ROUND_FLOOR))
    return min(at, len(ticks.values) - 2)


def _tile(one: Tile, x: float, y: float, wide: float, ticks: Ticks, colours: Sequence[str], how: Shown) -> str:
    """Name over value. An absent one is white with a dashed edge and its reason."""
    is_there = one.value is not None
    fill = colours[class_of(one.value, ticks)] if one.value is not None else PAPER
    ink = text_on(fill) if is_there else INK
    figure = shown(one.value, how) if is_there else one.absent
    rect = tag(
        "rect", tag("title", escape(f"{one.code} {one.name}: {figure}")),
        x=x + 0.5, y=y + 0.5, width=wide - 1, height=_HIGH - 1, fill=fill, stroke=COMMON if is_there else AXIS,
        stroke_width=1, stroke_dasharray=None if is_there else "4 3",
        data_mark="tile", data_key=one.code, data_class=None if one.value is None else str(class_of(one.value, ticks)),
    )  # fmt: skip
    names = wrap(one.name, SMALL, wide - 16, lines=2)
    written = [text(x + 8, y + 17 + 14 * at, words, size=SMALL, fill=ink) for at, words in enumerate(names)]
    size = min(15, 15 * (wide - 16) / text_width(figure, 15, bold=True)) if is_there else SIZE
    return "".join(
        [rect, *written, text(x + 8, y + _HIGH - 10, figure, size=size, bold=is_there, fill=ink, data_value=one.code)]
    )


def _key(ticks: Ticks, colours: Sequence[str], how: Shown) -> list[tuple[str, str]]:
    """A swatch and the bounds of each class."""
    return [
        (
            tag("rect", x=-6, y=-6, width=12, height=12, fill=colour, stroke=COMMON, stroke_width=1),
            f"{ticks.text(low, how)} to {'' if at == len(colours) - 1 else 'under '}{ticks.text(high, how)}",
        )
        for at, (colour, low, high) in enumerate(zip(colours, ticks.values, ticks.values[1:], strict=False))
    ]


def _told(there: Sequence[Tile], how: Shown, unit: str) -> list[str]:
    ordered = sorted(there, key=lambda one: (float(one.value or 0), one.name))
    first = f"{counted(len(there), 'neighbourhood')} ({unit})"
    ends = [(one.name, shown(one.value, how)) for one in (ordered[0], ordered[-1])]
    told = [f"{first}, {between(*ends)}."]
    if ends[0][1] == ends[1][1]:
        return told
    for locality in sorted({one.locality for one in there}):
        members = [one for one in ordered if one.locality == locality]
        span = f"{shown(members[0].value, how)} to {shown(members[-1].value, how)}"
        told.append(f"{locality or 'No locality'}: {span if len(members) > 1 else shown(members[0].value, how)}.")
    return told
