"""How values are written on a page: the one place where a figure is rounded.

Rounding is half away from zero, as people and the papers round, of the decimal that the value is (a float by its
shortest text: 2.675 is 2.68). What is absent has no text.
"""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from publishing.reports.document import Figure, Operation, Shown, Source, Value


def shown(value: Value, how: Shown) -> str:
    """The text of a value; an error for one that is absent: whoever shows it says why it is not there."""
    if value is None:
        raise ValueError("an absent value is not shown as a figure: say why it is absent")
    if isinstance(value, str):
        return value
    exact = Decimal(str(value)) / how.scale
    rounded = exact.quantize(Decimal(1).scaleb(-how.decimals), ROUND_HALF_UP)
    if how.is_trimmed and rounded == rounded.to_integral_value():
        rounded = rounded.quantize(Decimal(1))
    text = f"{how.before}{abs(rounded):,}{how.after}"
    if rounded >= 0:
        return text
    return f"({text})" if how.brackets else f"-{text}"


def figure(value: Value, how: Shown, *sources: Source, operation: Operation = "value") -> Figure:
    """A figure with its text."""
    return Figure(shown(value, how), value, how, sources, operation)


def key_text(key: Mapping[str, object]) -> Mapping[str, str | None]:
    """A row's key as text: dates as ISO, truth as `true` or `false`, null as None."""
    return {name: _text(value) for name, value in key.items()}


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def day(value: date) -> str:
    """31 May 2017."""
    return f"{value.day} {value:%B %Y}"


def month(value: date) -> str:
    """May 2017."""
    return f"{value:%B %Y}"
