"""Control chart (XmR) as in Making Data Count: points, mean, process limits, target, special causes, icons.

Belongs here: drawing what the statistics found. Limits, flags and icons are given: their rules stand in SQL once
(`int_statistics__spc`). `meanings` only turns the letters of `point_flags` into improvement, concern, or high and low
where neither way is good, by the same rule as the icon of the last point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from publishing.charts.axes import Area, EndLabel, end_labels, end_room, label_room, y_axis
from publishing.charts.marks import COLOURS, Meaning, key, mark
from publishing.charts.meanings import Direction, meaning_of
from publishing.charts.months import (
    Monthly,
    absent_sentences,
    in_order,
    lines_through,
    month_axis,
    months_scale,
    shades_of_absent,
)
from publishing.charts.palette import COMMON, INK, PAPER, QUIET, TARGET
from publishing.charts.scale import Linear, Number, known, month_number, nice
from publishing.charts.svg import (
    NARROW,
    SMALL,
    WIDE,
    Drawing,
    drawing,
    label,
    line,
    notes,
    number,
    sentence_only,
    tag,
    text,
)
from publishing.charts.words import REASONS, counted, joined, sentence, spans
from publishing.reports.document import Shown
from publishing.reports.formats import month, shown

Assurance = Literal["pass", "fail", "hit_or_miss"]
VARIATION: dict[Meaning, str] = {
    "common": "common cause, no significant change",
    "improvement": "special cause, improvement",
    "concern": "special cause, concern",
    "neutral_high": "special cause, neutral high",
    "neutral_low": "special cause, neutral low",
}
_NAMES: dict[Meaning, str] = {
    "common": "common cause",
    "improvement": "improvement",
    "concern": "concern",
    "neutral_high": "neutral high",
    "neutral_low": "neutral low",
}
ASSURANCE: dict[Assurance, str] = {
    "pass": "consistently met",
    "fail": "consistently missed",
    "hit_or_miss": "hit and miss, by chance",
}
_ASSURANCE_LOOK: dict[Assurance, tuple[Meaning, str]] = {
    "pass": ("improvement", "P"),
    "fail": ("concern", "F"),
    "hit_or_miss": ("common", "?"),
}
_EQUAL = 1e-9


@dataclass(frozen=True)
class Point(Monthly):
    """A month of the chart and what its value means."""

    meaning: Meaning = "common"


@dataclass(frozen=True)
class Limits:
    """Mean and process limits, of the months from `since` on."""

    mean: Number
    lower: Number
    upper: Number
    since: date


def meanings(
    values: Sequence[float], mean: float, flags: str, direction: Direction, last: Meaning
) -> tuple[Meaning, ...]:
    """What each point means, by the letters of `point_flags`; the last one means what the published icon says."""
    if len(flags) != len(values):
        raise ValueError(f"{len(values)} values have {len(flags)} flags ({flags!r}): there is one letter a point")
    found: list[Meaning] = []
    for at, (value, flag) in enumerate(zip(values, flags, strict=True)):
        side = value - mean
        if abs(side) < _EQUAL * max(abs(mean), 1):  # as `float_slack` of the models
            side = value - values[at - 1] if at else values[min(1, len(values) - 1)] - value
        found.append("common" if flag == "." else meaning_of("high" if side > 0 else "low", direction))
    return (*found[:-1], last)


def control_chart(
    points: Sequence[Point],
    limits: Limits | None,
    *,
    ident: str,
    title: str,
    unit: str,
    how: Shown,
    target: Number | None = None,
    variation: Meaning | None = None,
    assurance: Assurance | None = None,
    width: float = WIDE,
) -> Drawing:
    """The chart; without limits a run chart that says so."""
    rows = in_order(points)
    said = _icon_sentences(variation, assurance)
    values = known((row.value for row in rows), title)
    if not values:
        why = joined(sorted({REASONS[row.absent] for row in rows})) or "no month has come yet"
        return sentence_only(ident, title, " ".join([f"No chart: {why}.", *said]), width)
    levels = _levels(limits, target)
    ticks = nice([*values, *(level.value for level in levels)])
    newest = next(row for row in reversed(rows) if row.value is not None)
    now = f"{newest.month:%b %Y} {shown(newest.value, how)}"
    words = [f"{level.words} {shown(level.value, how)}" for level in levels]
    icons, top = _icons(variation, assurance, width)
    head, top = notes([unit], top - 1, width)
    area = Area(label_room(ticks, how), top + 6, width - end_room([now, *words]), top + 266)
    x, y = months_scale(rows, area.left, area.right), ticks.scale(area.bottom, area.top)

    body = [icons, head, shades_of_absent(rows, area, x)]
    body += [y_axis(ticks, how, area, y), month_axis([row.month for row in rows], area, x)]
    begin = x.at(month_number(limits.since) - 0.5) if limits else area.left
    body += [level.drawn(area.left if level.name == "target" else begin, area.right, y) for level in levels]
    body.append(lines_through(rows, x, y, COMMON))
    body += [_point(row, x, y, how) for row in rows]
    labels = [EndLabel(y.at(level.value), word, level.colour) for level, word in zip(levels, words, strict=True)]
    body.append(end_labels([EndLabel(y.at(newest.value or 0), now, INK, bold=True), *labels], area))
    drawn_key, bottom = key(_key(rows), area.bottom + 34, width)
    small = absent_sentences(rows) + ([] if limits else ["Too few months for limits: a run chart."])
    small_print, bottom = notes(small, bottom, width)
    alternative = " ".join([*_told(rows, newest, limits, target, how, unit), *said, *small])
    return drawing(ident, title, alternative, width, bottom, "".join([*body, drawn_key, small_print]))


@dataclass(frozen=True)
class _Level:
    """A horizontal line and its words."""

    name: str
    words: str
    value: Number
    colour: str
    dashes: str | None = None

    def drawn(self, begin: float, end: float, y: Linear) -> str:
        at = y.at(self.value)
        return line(
            begin, at, end, at, self.colour, stroke_width=1.5, stroke_dasharray=self.dashes, data_mark=self.name
        )


def _levels(limits: Limits | None, target: Number | None) -> list[_Level]:
    found = [] if target is None else [_Level("target", "Target", target, TARGET, "9 3 2 3")]
    if limits:
        found += [
            _Level("upper", "Upper limit", limits.upper, COMMON, "5 4"),
            _Level("mean", "Mean", limits.mean, QUIET),
            _Level("lower", "Lower limit", limits.lower, COMMON, "5 4"),
        ]
    return found


def _point(row: Point, x: Linear, y: Linear, how: Shown) -> str:
    if row.value is None:
        return ""
    tip = f"{month(row.month)}: {shown(row.value, how)}" + (
        "" if row.meaning == "common" else f", {VARIATION[row.meaning]}"
    )
    return mark(
        x.at(month_number(row.month)), y.at(row.value), row.meaning, size=4 if x.at(1) - x.at(0) >= 8 else 2.5, tip=tip,
        data_mark="point", data_key=row.month.isoformat(), data_meaning=row.meaning,
    )  # fmt: skip


def _key(rows: Sequence[Point]) -> list[tuple[str, str]]:
    used = {row.meaning for row in rows if row.value is not None}
    if not used - {"common"}:
        return []
    return [(mark(0, 0, meaning), name) for meaning, name in _NAMES.items() if meaning in used]


def _told(
    rows: Sequence[Point], newest: Point, limits: Limits | None, target: Number | None, how: Shown, unit: str
) -> list[str]:
    """What a sighted reader sees."""
    shown_rows = [row for row in rows if row.value is not None]
    of = counted(len(shown_rows), "month")
    told = [f"{month(newest.month)}: {shown(newest.value, how)} ({unit}), the newest of {of}."]
    if limits:
        told.append(
            f"Mean {shown(limits.mean, how)}, limits {shown(limits.lower, how)} to {shown(limits.upper, how)} "
            f"since {month(limits.since)}."
        )
        for meaning, name in _NAMES.items():
            found = [row.month for row in shown_rows if row.meaning == meaning]
            if found and meaning != "common":
                told.append(f"Special cause, {name}: {counted(len(found), 'month')} ({joined(spans(found))}).")
        if all(row.meaning == "common" for row in shown_rows):
            told.append("No special cause.")
    return [*told, f"Target {shown(target, how)}."] if target is not None else told


def _icon_sentences(variation: Meaning | None, assurance: Assurance | None) -> list[str]:
    told = [f"Variation: {VARIATION[variation]}."] if variation else []
    return [*told, f"Target: {ASSURANCE[assurance]}."] if assurance else told


def _icons(variation: Meaning | None, assurance: Assurance | None, width: float) -> tuple[str, float]:
    """The two icons with their words, beside or below each other, and where they end."""
    drawn: list[tuple[Meaning, str, str, str]] = []
    if variation:
        drawn.append((variation, mark(18, 18, variation, size=6), "Variation", VARIATION[variation]))
    if assurance:
        meaning, letter = _ASSURANCE_LOOK[assurance]
        symbol = text(18, 24, letter, size=17, anchor="middle", fill=COLOURS[meaning], bold=True)
        drawn.append((meaning, symbol, "Target", ASSURANCE[assurance]))
    written = []
    for at, (meaning, symbol, name, words) in enumerate(drawn):
        across, down = (0, at) if width < NARROW else (at, 0)
        ring = tag("circle", cx=18, cy=18, r=15, fill=PAPER, stroke=COLOURS[meaning], stroke_width=2.5)
        said = label(41, 15, name) + text(41, 30, sentence(words)[:-1], size=SMALL, bold=True)
        place = f"translate({number(across * width / 2)} {down * 40})"
        written.append(tag("g", ring, symbol, said, transform=place, data_mark=f"icon-{name.lower()}"))
    high = 0 if not drawn else 40 * len(drawn) if width < NARROW else 40
    return "".join(written), high
