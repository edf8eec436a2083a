"""Values in months: their axis, the lines through them, and the months that have none.

Belongs here: what control charts and trends share. A line never crosses a month without a figure, whether its row says
so or is not there at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TypeVar

from publishing.charts.axes import Area
from publishing.charts.lettering import width
from publishing.charts.palette import AXIS, SHADE
from publishing.charts.scale import Linear, Number, month_number
from publishing.charts.svg import SMALL, label, line, polyline, tag
from publishing.charts.words import Absence, absent_months


@dataclass(frozen=True)
class Monthly:
    """One period, by its (last) month. Where `value` is None, `absent` says why."""

    month: date
    value: Number | None
    absent: Absence = "awaiting"


Row = TypeVar("Row", bound=Monthly)


def in_order(rows: Sequence[Row]) -> list[Row]:
    """The rows by month; two of one month are an error."""
    ordered = sorted(rows, key=lambda row: row.month)
    for before, after in pairwise(ordered):
        if month_number(before.month) == month_number(after.month):
            raise ValueError(f"two rows of {after.month:%B %Y}: a line has one value a month")
    return ordered


def runs(rows: Sequence[Monthly], every: int = 1) -> list[list[Monthly]]:
    """Periods with a value that follow each other, `every` months apart."""
    found: list[list[Monthly]] = []
    for row in rows:
        if row.value is None:
            continue
        if found and month_number(row.month) == month_number(found[-1][-1].month) + every:
            found[-1].append(row)
        else:
            found.append([row])
    return found


def months_scale(rows: Sequence[Monthly], start: float, end: float, every: int = 1) -> Linear:
    """Places of months, by their number; half a period of room on both sides."""
    first, last = month_number(rows[0].month), month_number(rows[-1].month)
    return Linear(first - every / 2, last + every / 2, start, end)


def lines_through(rows: Sequence[Monthly], x: Linear, y: Linear, stroke: str, every: int = 1) -> str:
    """A line for each run; a run of one has none."""
    return "".join(
        polyline(
            [(x.at(month_number(row.month)), y.at(row.value)) for row in run if row.value is not None],
            stroke,
            stroke_width=1.5,
            stroke_linejoin="round",
            data_mark="line",
        )
        for run in runs(rows, every)
        if len(run) > 1
    )


def shades_of_absent(rows: Sequence[Monthly], area: Area, x: Linear, every: int = 1) -> str:
    """A grey column behind each period without a figure; `absent_sentences` says which they are."""
    return "".join(
        tag(
            "rect", x=x.at(month_number(row.month) - every / 2), y=area.top, height=area.bottom - area.top,
            width=x.at(every) - x.at(0), fill=SHADE, data_mark="absent", data_key=row.month.isoformat(),
        )
        for row in rows
        if row.value is None
    )  # fmt: skip


def absent_sentences(rows: Sequence[Monthly]) -> list[str]:
    """Which months have no figure, and why."""
    return absent_months([(row.month, row.absent) for row in rows if row.value is None])


def month_axis(months: Sequence[date], area: Area, scale: Linear) -> str:
    """Every so-manieth month, the newest always; the year where it is new. A label is two rows: `Apr` over `2017`."""
    first, last = month_number(months[0]), month_number(months[-1])
    least = width("2017", SMALL) + 8
    apart = abs(scale.at(first + 1) - scale.at(first))
    every = next((k for k in (1, 2, 3, 6, 12) if k * apart >= least), 0)
    if not every:
        every = 12 * max(1, round(least / (12 * apart) + 0.5))
    written = [line(area.left, area.bottom, area.right, area.bottom, AXIS, stroke_width=1)]
    year = 0
    for at in range(first + (last - first) % every, last + 1, every):
        x, of = scale.at(at), date(at // 12, at % 12 + 1, 1)
        written.append(line(x, area.bottom, x, area.bottom + 4, AXIS, stroke_width=1, data_tick=str(at), data_axis="x"))
        written.append(label(x, area.bottom + 16, f"{of:%b}", "middle", data_month=str(of)))
        if of.year != year:
            year = of.year
            written.append(label(x, area.bottom + 30, str(year), "middle"))
    return "".join(written)
