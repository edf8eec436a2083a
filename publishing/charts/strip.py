"""One practice among all: a strip for each indicator, a thin line for each practice, a mark for the one that is shown.

Belongs here: strips that fit on a page of other things. They have scales of their own, so nothing is compared between
them; the figures of the practice are written beside its strip. A practice without a figure has no mark, and says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from publishing.charts.lettering import shorten
from publishing.charts.lettering import width as text_width
from publishing.charts.marks import COLOURS, Meaning, key, mark
from publishing.charts.palette import AXIS, QUIET, SHADE, TARGET
from publishing.charts.scale import Linear, Number, known
from publishing.charts.svg import SMALL, WIDE, Drawing, drawing, line, notes, polyline, sentence_only, tag, text
from publishing.charts.words import REASONS, Absence
from publishing.reports.document import Shown
from publishing.reports.formats import shown

_ROW = 26
_TALL = 8


@dataclass(frozen=True)
class Strip:
    """All practices in one indicator; `others` are the values of all that have one. Draw it once, show it often."""

    name: str
    how: Shown
    others: tuple[Number, ...]
    benchmark: Number | None = None
    target: Number | None = None


@dataclass(frozen=True)
class Shows:
    """The practice on a strip. Where `value` is None, `absent` says why."""

    strip: Strip
    value: Number | None
    lower: Number | None = None
    upper: Number | None = None
    meaning: Meaning = "common"
    absent: Absence = "awaiting"


def strips(rows: Sequence[Shows], *, ident: str, title: str, width: float = WIDE) -> Drawing:
    """The strips, one below the other."""
    drawn = [row for row in rows if row.strip.others]
    if not drawn:
        return sentence_only(ident, title, "No chart: no practice has a figure.", width)
    names = min(width * 0.42, max(text_width(row.strip.name, SMALL) for row in drawn) + 12)
    figures = max(text_width(_figure(row), SMALL, bold=True) for row in drawn) + 12
    left, right = names, width - figures
    drawn_key, top = key(_key(drawn), 0, width)
    body, alternative, small = [drawn_key], [], []
    for at, row in enumerate(drawn):
        middle = top + (at + 0.5) * _ROW
        body.append(_strip(row, middle, left, right))
        body.append(text(4, middle + 4, shorten(row.strip.name, SMALL, names - 8), size=SMALL))
        body.append(text(width - 4, middle + 4, _figure(row), size=SMALL, anchor="end", bold=True))
        alternative.append(_told(row))
        if row.value is None:
            small.append(f"{row.strip.name}: {REASONS[row.absent]}.")
    small_print, bottom = notes(small, top + len(drawn) * _ROW + 4, width)
    return drawing(ident, title, " ".join(alternative), width, bottom, "".join([*body, small_print]))


def scale_of(row: Shows, left: float, right: float) -> Linear:
    """From the least to the most of all that is drawn on a strip."""
    strip = row.strip
    values = known([*strip.others, strip.benchmark, strip.target, row.value, row.lower, row.upper], strip.name)
    low, high = min(values), max(values)
    room = (high - low) * 0.02 or abs(high) * 0.1 or 1.0
    return Linear(low - room, high + room, left, right)


def _strip(row: Shows, middle: float, left: float, right: float) -> str:
    x, strip = scale_of(row, left, right), row.strip
    ground = tag("rect", x=left, y=middle - _TALL, width=right - left, height=2 * _TALL, fill=SHADE)
    # A comb of one line for all practices: a page is small, and no tooth is read by itself.
    teeth = [(x.at(value), middle + down) for value in strip.others for down in (6, -6, 6)]
    comb = polyline(teeth, AXIS, stroke_width=0.75, stroke_linejoin="bevel", data_mark="others")
    body = [ground, comb]
    for value, colour, dashes, name in (
        (strip.benchmark, QUIET, None, "benchmark"),
        (strip.target, TARGET, "5 3", "target"),
    ):
        if value is not None:
            place = x.at(value)
            body.append(
                line(
                    place, middle - _TALL - 2, place, middle + _TALL + 2, colour,
                    stroke_width=2, stroke_dasharray=dashes, data_mark=name,
                )
            )  # fmt: skip
    if row.value is None:
        return "".join(body)
    if row.lower is not None and row.upper is not None:
        body.append(
            line(
                x.at(row.lower), middle, x.at(row.upper), middle, COLOURS[row.meaning],
                stroke_width=2.5, data_mark="interval",
            )
        )  # fmt: skip
    body.append(mark(x.at(row.value), middle, row.meaning, size=5, tip=_told(row), data_mark="point"))
    return "".join(body)


def _figure(row: Shows) -> str:
    return "no figure" if row.value is None else shown(row.value, row.strip.how)


def _key(rows: Sequence[Shows]) -> list[tuple[str, str]]:
    entries = [(mark(0, 0, "common"), "this practice"), (line(0, -6, 0, 6, AXIS, stroke_width=0.75), "each practice")]
    if any(row.lower is not None for row in rows):
        entries.insert(1, (line(-6, 0, 6, 0, AXIS, stroke_width=2.5), "95 % interval"))
    if any(row.strip.benchmark is not None for row in rows):
        entries.append((line(0, -6, 0, 6, QUIET, stroke_width=2), "practices together"))
    if any(row.strip.target is not None for row in rows):
        entries.append((line(0, -6, 0, 6, TARGET, stroke_width=2, stroke_dasharray="4 2"), "target"))
    return entries


def _told(row: Shows) -> str:
    strip, how = row.strip, row.strip.how
    values = known(strip.others, strip.name)
    span = f"practices from {shown(min(values), how)} to {shown(max(values), how)}"
    if strip.benchmark is not None:
        span += f", practices together {shown(strip.benchmark, how)}"
    if strip.target is not None:
        span += f", target {shown(strip.target, how)}"
    if row.value is None:
        return f"{strip.name}: {REASONS[row.absent]}; {span}."
    interval = ""
    if row.lower is not None and row.upper is not None:
        interval = f" (interval {shown(row.lower, how)} to {shown(row.upper, how)})"
    return f"{strip.name}: this practice {shown(row.value, how)}{interval}, {span}."
