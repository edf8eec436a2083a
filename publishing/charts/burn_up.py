"""Burn-up of savings: planned, achieved and forecast, summed from April (M01) to March (M12), with a tolerance.

Belongs here: exact sums of months and their lines. A month that was planned and is not reported makes the sum from
there unknown, not smaller (as `actual_ytd` of `cres_position`); a month in which nothing was planned and nothing is
reported adds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from publishing.charts.axes import Area, EndLabel, end_labels, end_room, label_room, y_axis
from publishing.charts.lettering import width as text_width
from publishing.charts.marks import key
from publishing.charts.palette import AXIS, COMMON, IMPROVEMENT, PAPER, QUIET, SHADE_DARKER
from publishing.charts.scale import Linear, nice
from publishing.charts.svg import (
    NARROW,
    SMALL,
    WIDE,
    Drawing,
    drawing,
    escape,
    label,
    line,
    notes,
    polygon,
    polyline,
    sentence_only,
    tag,
    text,
)
from publishing.reports.document import Shown
from publishing.reports.formats import shown

MONTHS = range(1, 13)
# From here on a label beside the newest point would lie on those beside the area.
_LATE = 9


@dataclass(frozen=True)
class Month:
    """What one month was to save, saved, and is forecast to save, GBP; `period` 1 (April) to 12 (March)."""

    period: int
    plan: Decimal | None
    actual: Decimal | None
    forecast: Decimal | None


@dataclass(frozen=True)
class Sums:
    """Sums from April by period, as far as they are known, and the month in which each stops being known."""

    plan: dict[int, Decimal]
    actual: dict[int, Decimal]
    forecast: dict[int, Decimal]
    unreported: int | None
    unforecast: int | None


def sums(months: Sequence[Month]) -> Sums:
    """The three lines. The forecast goes on from what was achieved."""
    of = {row.period: row for row in months}
    if len(of) < len(months) or not set(of) <= set(MONTHS):
        raise ValueError(f"months {[row.period for row in months]}: each of 1 (April) to 12 (March) once at most")
    plan, _ = _summed({at: row.plan for at, row in of.items()}, {}, 1, 12, Decimal(0))
    reported = [at for at, row in of.items() if row.actual is not None]
    last = max(reported, default=0)
    planned = {at: row.plan for at, row in of.items()}
    actual, unreported = _summed({at: row.actual for at, row in of.items()}, planned, 1, last, Decimal(0))
    if unreported is not None or not any(row.forecast is not None for row in months):
        return Sums(plan, actual, {}, unreported, None)
    start = actual[last] if last else Decimal(0)
    forecast, unforecast = _summed({at: row.forecast for at, row in of.items()}, planned, last + 1, 12, start)
    return Sums(plan, actual, {last: start, **forecast} if forecast and last else forecast, unreported, unforecast)


def _summed(
    amounts: dict[int, Decimal | None], planned: dict[int, Decimal | None], first: int, last: int, start: Decimal
) -> tuple[dict[int, Decimal], int | None]:
    """Running sums from `first` to `last`, and the first month that is not known."""
    found: dict[int, Decimal] = {}
    for at in range(first, last + 1):
        amount = amounts.get(at)
        if amount is None and planned.get(at) != 0:
            return found, at
        start += amount or Decimal(0)
        found[at] = start
    return found, None


def burn_up(
    months: Sequence[Month],
    *,
    ident: str,
    title: str,
    unit: str,
    how: Shown,
    tolerance: Decimal | None = None,
    width: float = WIDE,
) -> Drawing:
    """The lines; `tolerance` is the share below plan that still counts as on plan (0.05)."""
    lines = sums(months)
    known = [*lines.plan.values(), *lines.actual.values(), *lines.forecast.values()]
    if not known:
        return sentence_only(ident, title, "No chart: no month has a plan, an actual or a forecast.", width)
    ticks = nice([Decimal(0), *known])
    ends = _ends(lines, how)
    head, top = notes([unit], -1, width)
    area = Area(label_room(ticks, how), top + 6, width - end_room([end.words for end in ends]), top + 286)
    x, y = Linear(0.5, 12.5, area.left, area.right), ticks.scale(area.bottom, area.top)
    body = [head]
    band = {} if tolerance is None else {at: value * (1 - tolerance) for at, value in lines.plan.items()}
    if band:
        there = [(x.at(at), y.at(value)) for at, value in lines.plan.items()]
        back = [(x.at(at), y.at(value)) for at, value in band.items()]
        body.append(polygon([*there, *reversed(back)], fill=SHADE_DARKER, data_mark="tolerance"))
    body += [y_axis(ticks, how, area, y), _month_axis(area, x)]
    body += [
        _line(band, x, y, AXIS, "1 3", 1, "tolerance-line"),
        _line(lines.plan, x, y, QUIET, "6 3", 1.5, "plan-line"),
    ]
    body += [_line(lines.forecast, x, y, IMPROVEMENT, "2 3", 1.75, "forecast-line")]
    body += [_line(lines.actual, x, y, IMPROVEMENT, None, 2.5, "actual-line")]
    later = {at: value for at, value in lines.forecast.items() if at not in lines.actual}
    for name, values, fill, stroke in (
        ("plan", lines.plan, QUIET, PAPER),
        ("forecast", later, PAPER, IMPROVEMENT),
        ("actual", lines.actual, IMPROVEMENT, PAPER),
    ):
        body += [_dot(name, at, value, x, y, fill, stroke, how) for at, value in values.items()]
    body.append(_newest(lines, x, y, how, width))
    body.append(end_labels([replace(end, place=y.at(end.place)) for end in ends], area))
    drawn_key, bottom = key(_key(lines, tolerance), area.bottom + 24, width)
    small = []
    if lines.unreported:
        small.append(f"M{lines.unreported:02} was planned and is not reported: the sum from there is not known.")
    if lines.unforecast:
        small.append(f"M{lines.unforecast:02} has no forecast: the sum from there is not known.")
    small_print, bottom = notes(small, bottom, width)
    told = " ".join([*_told(lines, tolerance, how), *small])
    return drawing(ident, title, told, width, bottom, "".join([*body, drawn_key, small_print]))


def _month_axis(area: Area, x: Linear) -> str:
    every = 1 if area.right - area.left >= NARROW * 0.8 else 3
    labels = [
        label(x.at(at), area.bottom + 17, f"M{at:02}", "middle", data_tick=str(at), data_axis="x")
        for at in MONTHS
        if at % every == 0
    ]
    return line(area.left, area.bottom, area.right, area.bottom, AXIS, stroke_width=1) + "".join(labels)


def _line(
    values: dict[int, Decimal], x: Linear, y: Linear, colour: str, dashes: str | None, thick: float, name: str
) -> str:
    if len(values) < 2:
        return ""
    places = [(x.at(at), y.at(value)) for at, value in values.items()]
    return polyline(
        places, colour, stroke_width=thick, stroke_dasharray=dashes, stroke_linejoin="round", data_mark=name
    )


def _dot(name: str, at: int, value: Decimal, x: Linear, y: Linear, fill: str, stroke: str, how: Shown) -> str:
    tip = tag("title", escape(f"M{at:02} {name}: {shown(value, how)}"))
    radius = 1.75 if name == "plan" else 3.25
    return tag(
        "circle", tip, cx=x.at(at), cy=y.at(value), r=radius, fill=fill, stroke=stroke,
        stroke_width=0.5 if name == "plan" else 1.25, data_mark=name, data_key=str(at),
    )  # fmt: skip


def _newest(lines: Sums, x: Linear, y: Linear, how: Shown, width: float) -> str:
    """The newest sum achieved, on the side of its point where the plan is not; late ones stand at the end."""
    last = max(lines.actual, default=_LATE)
    if last >= _LATE:
        return ""
    value = lines.actual[last]
    words = f"Actual M{last:02} {shown(value, how)}"
    room = text_width(words, SMALL, bold=True)
    is_below = value <= lines.plan.get(last, value)
    left = x.at(last) + 6 if is_below else x.at(last) - 6 - room
    left = max(x.start + 4, min(left, width - 4 - room))
    down = y.at(value) + (17 if is_below else -9)
    return text(left, down, words, size=SMALL, fill=IMPROVEMENT, bold=True, halo=True)


def _ends(lines: Sums, how: Shown) -> list[EndLabel]:
    """What stands beside the area, places still as values: the sums of March, and a late newest one."""
    last = max(lines.actual, default=0)
    found = [EndLabel(float(lines.plan[12]), f"Plan {shown(lines.plan[12], how)}", QUIET)] if 12 in lines.plan else []
    if last < 12 and 12 in lines.forecast:
        found.append(EndLabel(float(lines.forecast[12]), f"Forecast {shown(lines.forecast[12], how)}", IMPROVEMENT))
    if last >= _LATE:
        words = f"Actual M{last:02} {shown(lines.actual[last], how)}"
        found.append(EndLabel(float(lines.actual[last]), words, IMPROVEMENT, bold=True))
    return found


def _key(lines: Sums, tolerance: Decimal | None) -> list[tuple[str, str]]:
    def dash(colour: str, dashes: str | None, thick: float) -> str:
        return line(-7, 0, 7, 0, colour, stroke_width=thick, stroke_dasharray=dashes)

    entries = [(dash(QUIET, "6 3", 1.5), "plan")] if lines.plan else []
    if lines.plan and tolerance is not None:
        swatch = tag("rect", x=-7, y=-5, width=14, height=10, fill=SHADE_DARKER, stroke=COMMON, stroke_width=0.75)
        entries.append((swatch, f"within {_percent(tolerance)} of plan"))
    if lines.actual:
        entries.append((dash(IMPROVEMENT, None, 2.5), "actual"))
    if lines.forecast:
        entries.append((dash(IMPROVEMENT, "2 3", 1.75), "forecast"))
    return entries


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _told(lines: Sums, tolerance: Decimal | None, how: Shown) -> list[str]:
    told = []
    if lines.actual:
        last = max(lines.actual)
        told.append(f"Achieved by M{last:02}: {shown(lines.actual[last], how)}")
        if last in lines.plan:
            plan = lines.plan[last]
            told[-1] += f", planned by then {shown(plan, how)}"
            if lines.actual[last] >= plan:
                told[-1] += ", plan met"
            elif tolerance is not None:
                is_within = lines.actual[last] >= plan * (1 - tolerance)
                told[-1] += f", {'within' if is_within else 'short by more than'} {_percent(tolerance)}"
        told[-1] += "."
    if 12 in lines.plan:
        told.append(f"Plan of the year {shown(lines.plan[12], how)}.")
    if 12 in lines.forecast and 12 not in lines.actual:
        told.append(f"Forecast of the year {shown(lines.forecast[12], how)}.")
    behind = {at: lines.plan[at] - value for at, value in lines.actual.items() if at in lines.plan}
    if behind and max(behind.values()) > 0:
        widest = max(behind, key=lambda at: behind[at])
        told.append(f"Largest gap so far: M{widest:02}, {shown(behind[widest], how)} behind plan.")
    return told
