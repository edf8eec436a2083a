"""Axes, grid lines and labels beside lines, for the charts that have them.

Belongs here: the frame that control charts, funnels, trends and burn-ups share. Ticks carry their value in `data-tick`,
so that a test reads scales from the drawing alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from publishing.charts.lettering import width
from publishing.charts.palette import AXIS, GRID
from publishing.charts.scale import Linear, Ticks
from publishing.charts.svg import SMALL, label, line, text
from publishing.reports.document import Shown


@dataclass(frozen=True)
class Area:
    """Where the data are drawn."""

    left: float
    top: float
    right: float
    bottom: float


def label_room(ticks: Ticks, how: Shown) -> float:
    """How much the labels of a vertical axis take."""
    return max(width(ticks.text(tick, how), SMALL) for tick in ticks.values) + 12


def y_axis(ticks: Ticks, how: Shown, area: Area, scale: Linear, labelled: Sequence[Decimal] | None = None) -> str:
    """Horizontal grid lines with their labels (all, or those `labelled`); the line of zero is stronger."""
    written = []
    for tick in ticks.values:
        y = scale.at(tick)
        written.append(_grid(area.left, y, area.right, y, tick, "y"))
        if labelled is None or tick in labelled:
            words, at = ticks.text(tick, how), (area.left - 6, y + 4)
            written.append(label(*at, words, "end", data_label=str(tick), data_axis="y"))
    return "".join(written)


def x_axis(ticks: Ticks, how: Shown, area: Area, scale: Linear, grid: bool = False) -> str:
    """Labels under the area, those that would touch the one before left out; `grid` draws vertical lines."""
    written = [] if grid else [line(area.left, area.bottom, area.right, area.bottom, AXIS, stroke_width=1)]
    free = -math.inf
    for tick in ticks.values:
        x, words = scale.at(tick), ticks.text(tick, how)
        top, bottom = (area.top, area.bottom) if grid else (area.bottom, area.bottom + 4)
        written.append(_grid(x, top, x, bottom, tick, "x", AXIS if tick == 0 or not grid else GRID))
        half = width(words, SMALL) / 2
        if x - half >= free:
            free = x + half + 8
            at = (x, area.bottom + 17)
            written.append(label(*at, words, "middle", data_label=str(tick), data_axis="x"))
    return "".join(written)


def _grid(x1: float, y1: float, x2: float, y2: float, tick: Decimal, axis: str, colour: str = "") -> str:
    """A line at a tick."""
    stroke = colour or (AXIS if tick == 0 else GRID)
    return line(x1, y1, x2, y2, stroke, stroke_width=1, data_tick=str(tick), data_axis=axis)


def apart(places: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """The places moved so that neighbours are `least` apart, as little as it takes, between top and bottom, order kept.

    Groups of labels that touch are centred on what they name; a group that leaves the area is pushed back into it.
    """
    order = sorted(range(len(places)), key=lambda at: places[at])
    groups: list[list[int]] = []

    def begin(group: list[int]) -> float:
        middle = sum(places[at] for at in group) / len(group)
        half = (len(group) - 1) * least / 2
        return max(top, min(middle - half, bottom - 2 * half))

    for at in order:
        groups.append([at])
        while len(groups) > 1 and begin(groups[-2]) + len(groups[-2]) * least > begin(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    moved = list(places)
    for group in groups:
        for step, at in enumerate(group):
            moved[at] = begin(group) + step * least
    return moved


@dataclass(frozen=True)
class EndLabel:
    """Words beside the end of a line: `place` is where the line is."""

    place: float
    words: str
    colour: str
    bold: bool = False


def end_room(labels: Sequence[str]) -> float:
    """How much labels beside the area take; they are measured as bold."""
    return max(width(label, SMALL, bold=True) for label in labels) + 18 if labels else 8


def end_labels(labels: Sequence[EndLabel], area: Area) -> str:
    """The labels right of the area, none on another, each led to from its line."""
    places = apart([label.place for label in labels], 15, area.top, area.bottom)
    return "".join(
        line(area.right + 2, label.place, area.right + 12, place, label.colour, stroke_width=1)
        + text(area.right + 15, place + 4, label.words, size=SMALL, fill=label.colour, bold=label.bold)
        for label, place in zip(labels, places, strict=True)
    )
