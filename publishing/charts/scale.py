"""From values to places: linear scales, round ticks, months in a row.

Belongs here: arithmetic of axes. Tests read each scale backwards, from its ticks. Not here: drawing
(`axes.py`) and rounding of figures (`publishing/reports/formats.py`).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from publishing.reports.document import Shown
from publishing.reports.formats import shown

Number = Decimal | float | int


@dataclass(frozen=True)
class Linear:
    """Values from `low` to `high` on places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: Number) -> float:
        """Place of a value."""
        return self.start + (float(value) - self.low) / (self.high - self.low) * (self.end - self.start)


@dataclass(frozen=True)
class Ticks:
    """Round values in a row: the first at or below all values, the last at or above them."""

    values: tuple[Decimal, ...]
    step: Decimal

    def scale(self, start: float, end: float) -> Linear:
        """The scale from the first tick to the last."""
        return Linear(float(self.values[0]), float(self.values[-1]), start, end)

    def text(self, tick: Decimal, how: Shown) -> str:
        """A tick as the figures are written, with as many decimals as the step needs."""
        exponent = (self.step / how.scale).normalize().as_tuple().exponent
        return shown(tick, replace(how, decimals=max(-int(exponent), 0)))


def known(values: Iterable[Number | None], what: str) -> list[float]:
    """The values that are there, as floats. Infinity and NaN are neither values nor absent: an error of who drew."""
    found = [float(value) for value in values if value is not None]
    if any(not math.isfinite(value) for value in found):
        raise ValueError(f"{what} holds a value that is not finite: give None where a figure is absent")
    return found


def nice(values: Iterable[Number], about: int = 5) -> Ticks:
    """About so many ticks, steps of 1, 2 or 5, around these values; equal values stand in the middle.

    Of steps of about that size the one that leaves the least room empty.
    """
    exact = [Decimal(str(value)) for value in values]
    low, high = min(exact), max(exact)
    if low == high:
        room = abs(low) / 10 or Decimal(1)
        low, high = low - room, high + room
    tries = [_ticks(low, high, about + more) for more in (0, 1, 2)]
    return min(tries, key=lambda ticks: ticks.values[-1] - ticks.values[0])


def _ticks(low: Decimal, high: Decimal, most: int) -> Ticks:
    """Ticks around two values: so many steps between them at most."""
    rough = (high - low) / most
    power = Decimal(1).scaleb(rough.adjusted())
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    first = int((low / step).to_integral_value(ROUND_FLOOR))
    last = int((high / step).to_integral_value(ROUND_CEILING))
    return Ticks(tuple(step * at for at in range(first, last + 1)), step)


def classes(values: Iterable[Number], most: int) -> Ticks:
    """Bounds of round classes of one width that hold these values, as many as there can be but no more than `most`."""
    exact = [Decimal(str(value)) for value in values]
    low, high = min(exact), max(exact)
    if low == high:
        room = abs(low) / 10 or Decimal(1)
        return Ticks((low - room, low + room), room * 2)
    tries = [_ticks(low, high, steps) for steps in range(most, 0, -1)]
    return next(ticks for ticks in tries if len(ticks.values) - 1 <= most)


def month_number(month: date) -> int:
    """Months in a row have numbers in a row."""
    return month.year * 12 + month.month - 1
