"""Funnel plot: practices' values against their denominators, between the limits that chance alone would keep to.

Belongs here: drawing the limits and the practices that the statistics call outliers. Which are is given (`outlier` of
`indicator_comparison`), because practices differ by more than chance: it is judged beyond the spread too, and with
enough cases. The limits have one shape for proportions and rates, benchmark plus and minus a width over the root of
the denominator (`int_statistics__comparison`), never below zero; so they are taken from published rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from publishing.charts.axes import Area, EndLabel, end_labels, end_room, label_room, x_axis, y_axis
from publishing.charts.labels import Wanted, around, place
from publishing.charts.lettering import shorten
from publishing.charts.lettering import width as text_width
from publishing.charts.marks import COLOURS, Meaning, key, mark
from publishing.charts.meanings import Direction, Side, better_or_worse, meaning_of
from publishing.charts.palette import COMMON, QUIET
from publishing.charts.scale import Linear, Number, known, nice
from publishing.charts.svg import (
    NARROW,
    SMALL,
    WIDE,
    Drawing,
    drawing,
    label,
    line,
    notes,
    polyline,
    sentence_only,
)
from publishing.charts.words import Absence, absent_groups, beside_overall, between, counted, joined, some
from publishing.reports.document import Shown
from publishing.reports.formats import shown

Outlier = Literal["high", "low", "high_alert", "low_alert"]
_SIDES: dict[Outlier, Side] = {"high": "high", "high_alert": "high", "low_alert": "low", "low": "low"}
_KINDS: dict[Outlier, str] = {
    "high": "outlier, high",
    "high_alert": "beyond 95 %, high",
    "low_alert": "beyond 95 %, low",
    "low": "outlier, low",
}
_SAMPLES = 60
_TOLD = 12


@dataclass(frozen=True)
class Place:
    """A practice. Where `value` or `denominator` is None, `absent` says why."""

    code: str
    name: str
    value: Number | None
    denominator: Number | None
    outlier: Outlier | None = None
    absent: Absence = "awaiting"


@dataclass(frozen=True)
class Limits:
    """Benchmark, and half the width between the limits of 95 % and 99.8 % at a denominator of one.

    `is_spread_known`: of counts of patients a release may hide the spread that practices were judged by.
    """

    benchmark: float
    alert: float
    outlier: float
    spread: float = 1
    is_spread_known: bool = True

    def upper(self, denominator: float, half: float) -> float:
        """Upper limit at a denominator; `half` is one of the two widths."""
        return self.benchmark + half / math.sqrt(denominator)

    def lower(self, denominator: float, half: float) -> float:
        """Lower limit, never below zero."""
        return max(self.benchmark - half / math.sqrt(denominator), 0)


def of_rows(
    benchmark: float, rows: Sequence[tuple[Number, Number, Number]], spread: float | None = None
) -> Limits | None:
    """Limits through published ones, rounded or not: denominator, `alert_upper`, `outlier_upper` of each practice."""
    widths = [
        ((float(alert) - benchmark) * math.sqrt(float(n)), (float(outlier) - benchmark) * math.sqrt(float(n)))
        for n, alert, outlier in rows
        if n > 0
    ]
    if not widths:
        return None
    return Limits(
        benchmark,
        median(alert for alert, _ in widths),
        median(outlier for _, outlier in widths),
        spread or 1,
        is_spread_known=spread is not None,
    )


def funnel(
    practices: Sequence[Place],
    limits: Limits | None,
    *,
    ident: str,
    title: str,
    unit: str,
    of: str,
    how: Shown,
    direction: Direction,
    overall: Number | None = None,
    width: float = WIDE,
) -> Drawing:
    """The plot; `of` says what the denominator counts, `overall` is the figure of the commissioner.

    Outliers have their codes beside them.
    """
    there = [one for one in practices if one.value is not None and one.denominator is not None and one.denominator > 0]
    gone = absent_groups([(one.code, one.absent) for one in practices if one not in there], "practice", 12)
    values = known((one.value for one in there), title)
    sizes = known((one.denominator for one in there), title)
    if not values:
        return sentence_only(ident, title, " ".join(["No chart: no practice has a figure.", *gone]), width)
    x_ticks = nice([0, *sizes])
    y_ticks = nice([*values, *_limits_in_view(limits, sizes)])
    words = _words(limits, how)
    head, top = notes([unit], -1, width)
    bottom = top + (370 if width >= NARROW else 320)
    beside = max(
        end_room([name for name, _ in words]), text_width(x_ticks.text(x_ticks.values[-1], Shown()), SMALL) / 2
    )
    area = Area(label_room(y_ticks, how), top + 6, width - beside, bottom)
    x, y = x_ticks.scale(area.left, area.right), y_ticks.scale(area.bottom, area.top)

    body = [head, y_axis(y_ticks, how, area, y)]
    body += [
        x_axis(x_ticks, Shown(), area, x),
        label(area.right, bottom + 32, shorten(of, SMALL, area.right - 4), "end"),
    ]
    if limits:
        body += _curves(limits, min(sizes), float(x_ticks.values[-1]), x, y)
        ends = [EndLabel(y.at(value), name, QUIET) for name, value in _ends(limits, words, float(x_ticks.values[-1]))]
        body.append(end_labels([end for end in ends if area.top <= end.place <= area.bottom], area))
    ordered = sorted(there, key=lambda one: (_rank(one.outlier), -abs(float(one.value or 0))), reverse=False)
    places = {one.code: (x.at(one.denominator or 0), y.at(one.value or 0)) for one in ordered}
    body += [_practice(one, *places[one.code], how, direction) for one in reversed(ordered)]
    wanted = [
        Wanted(*places[one.code], one.code, COLOURS[_meaning(one.outlier, direction)])
        for one in ordered
        if one.outlier in ("high", "low")
    ]
    drawn_labels, left_out = place(wanted, [around(*at, 4.5) for at in places.values()], area)
    drawn_key, end = key(_key(there, direction, limits), bottom + 38, width)
    small = [f"No room beside their marks: {joined(left_out)}."] if left_out else []
    small += beside_overall(limits.benchmark if limits else None, overall, how)
    small += [*_beyond(there, limits, y.high, float(x_ticks.values[-1])), *gone]
    small_print, end = notes(small, end, width)
    alternative = " ".join([*_told(there, limits, how, unit, direction), *small])
    return drawing(ident, title, alternative, width, end, "".join([*body, drawn_labels, drawn_key, small_print]))


def _limits_in_view(limits: Limits | None, sizes: Sequence[float]) -> list[float]:
    """Limits at a tenth of the practices: at the smallest they would press all values together."""
    if limits is None:
        return []
    size = sorted(sizes)[len(sizes) // 10]
    return [limits.lower(size, limits.outlier), limits.benchmark, limits.upper(size, limits.outlier)]


def _words(limits: Limits | None, how: Shown) -> list[tuple[str, str]]:
    """Names of the lines with the mark of each."""
    if limits is None:
        return []
    wide = [("99.8 % and spread", "spread")] if limits.spread > 1 else []
    return [(f"Together {shown(limits.benchmark, how)}", "benchmark"), ("95 %", "alert"), ("99.8 %", "outlier"), *wide]


def _half(limits: Limits, name: str) -> float:
    widths = {"benchmark": 0.0, "alert": limits.alert, "outlier": limits.outlier}
    return widths.get(name, limits.outlier * limits.spread)


def _ends(limits: Limits, words: Sequence[tuple[str, str]], last: float) -> list[tuple[str, float]]:
    """Where the upper lines end, which are named there; the lower ones are the same on the other side."""
    return [(name, limits.upper(last, _half(limits, of))) for name, of in words]


def _curves(limits: Limits, first: float, last: float, x: Linear, y: Linear) -> list[str]:
    """The benchmark and pairs of limits, each from where it comes into view."""
    looks = {"alert": "2 3", "outlier": None, "spread": "7 4"}
    at = y.at(limits.benchmark)
    written = [line(x.start, at, x.end, at, QUIET, stroke_width=1.5, data_mark="benchmark")]
    for name, dashes in looks.items():
        if name == "spread" and limits.spread <= 1:
            continue
        half = _half(limits, name)
        for side, find, room in (
            ("upper", limits.upper, y.high - limits.benchmark),
            ("lower", limits.lower, limits.benchmark - max(y.low, 0)),
        ):
            begin = max(first, (half / room) ** 2 if room > 0 else last)
            if begin >= last:
                continue
            roots = [1 / math.sqrt(begin), 1 / math.sqrt(last)]
            sizes = [(roots[0] + (roots[1] - roots[0]) * step / _SAMPLES) ** -2 for step in range(_SAMPLES + 1)]
            places = [(x.at(size), y.at(find(size, half))) for size in sizes]
            written.append(
                polyline(places, COMMON, stroke_width=1.25, stroke_dasharray=dashes, data_mark=f"{name}-{side}")
            )
    return written


def _rank(outlier: Outlier | None) -> int:
    return 0 if outlier in ("high", "low") else 1 if outlier else 2


def _meaning(outlier: Outlier | None, direction: Direction) -> Meaning:
    return "common" if outlier is None else meaning_of(_SIDES[outlier], direction)


def _practice(one: Place, across: float, down: float, how: Shown, direction: Direction) -> str:
    is_outlier = one.outlier in ("high", "low")
    tip = f"{one.code} {one.name}: {shown(one.value, how)}, of {shown(one.denominator, Shown())}"
    return mark(
        across, down, _meaning(one.outlier, direction), size=4 if is_outlier else 3.25, hollow=not is_outlier, tip=tip,
        data_mark="point", data_key=one.code, data_outlier=one.outlier or "none",
    )  # fmt: skip


def _key(there: Sequence[Place], direction: Direction, limits: Limits | None) -> list[tuple[str, str]]:
    entries = [(mark(0, 0, "common", size=3.25, hollow=True), "practice")]
    used = {one.outlier for one in there}
    for outlier, words in _KINDS.items():
        if outlier in used:
            meaning = _meaning(outlier, direction)
            better = better_or_worse(_SIDES[outlier], direction)
            is_hollow = outlier not in ("high", "low")
            # Practices are judged beyond the spread too: one outside the line of 99.8 % may have this mark.
            said = (
                words.replace("95 %", "95 % and spread")
                if limits and (limits.spread > 1 or not limits.is_spread_known)
                else words
            )
            entries.append((mark(0, 0, meaning, size=3.5, hollow=is_hollow), f"{said} ({better})" if better else said))
    return entries


def _beyond(there: Sequence[Place], limits: Limits | None, y_high: float, x_last: float) -> list[str]:
    """How many lie outside the drawn lines and are no outliers, and why.

    Args:
        y_high: where the drawing ends above, `x_last` on the right: a line of the spread may lie beyond it.
    """
    if limits is None:
        return ["No limits: chance cannot be judged here."]
    outside = [one for one in there if one.outlier not in ("high", "low") and not _is_within(one, limits, 1)]
    of_spread = [one for one in outside if limits.spread > 1 and _is_within(one, limits, limits.spread)]
    said = []
    if of_spread:
        drawn = limits.upper(x_last, limits.outlier * limits.spread) <= y_high
        said.append(
            f"{_not_called(len(of_spread))}: practices differ by more than chance, so that an outlier lies beyond "
            f"99.8 % widened by that spread ({'the dashed line' if drawn else 'its line lies outside the drawing'})."
        )
    if rest := len(outside) - len(of_spread):
        unknown = "" if limits.is_spread_known else "practices may differ by more than chance, which is not shown; "
        said.append(f"{_not_called(rest)}: {unknown}their cases are few, or their period is not whole.")
    return said


def _is_within(one: Place, limits: Limits, spread: float) -> bool:
    size, half = float(one.denominator or 1), limits.outlier * spread
    return limits.lower(size, half) <= float(one.value or 0) <= limits.upper(size, half)


def _not_called(found: int) -> str:
    are = "is not called an outlier" if found == 1 else "are not called outliers"
    return f"{counted(found, 'practice')} beyond 99.8 % {are}"


def _told(there: Sequence[Place], limits: Limits | None, how: Shown, unit: str, direction: Direction) -> list[str]:
    lowest, highest = (find(there, key=lambda one: float(one.value or 0)) for find in (min, max))
    ends = [(one.code, shown(one.value, how)) for one in (lowest, highest)]
    told = [f"{counted(len(there), 'practice')} ({unit}), {between(*ends)}."]
    if limits:
        told.append(f"Practices together {shown(limits.benchmark, how)}.")
    sides: tuple[Side, ...] = ("high", "low")
    for outlier in sides:
        found = [one for one in there if one.outlier == outlier]
        if found:
            meaning = better_or_worse(outlier, direction) or "neither better nor worse"
            listed = some([f"{one.code} {shown(one.value, how)}" for one in found], _TOLD)
            told.append(f"{counted(len(found), 'outlier')} {outlier}, {meaning}: {listed}.")
    if not any(one.outlier in ("high", "low") for one in there):
        told.append("No outlier.")
    return told
