"""How values are written: rounding, signs, and that what is absent is never a figure."""

from decimal import Decimal

import pytest

from publishing.reports.document import Shown, Value
from publishing.reports.formats import shown


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (8.45, Shown(1), "8.5"),  # the shortest text of the float, half away from zero
        (2.675, Shown(2), "2.68"),
        (Decimal("-0.5"), Shown(0), "-1"),
        (-0.04, Shown(1), "0.0"),  # no minus before nothing
        (1234567, Shown(0), "1,234,567"),
        (Decimal("-539416.2"), Shown(0, brackets=True), "(539,416)"),
        (Decimal("240320"), Shown(1, scale=1_000_000, before="£", after="m"), "£0.2m"),
        (Decimal("-100413"), Shown(1, scale=1_000_000, before="£", after="m"), "-£0.1m"),
        (77.00003, Shown(1, after="%", is_trimmed=True), "77%"),
        (13.59, Shown(1, after="%", is_trimmed=True), "13.6%"),
        (Decimal("0.05"), Shown(0, scale=Decimal("0.01"), after="%"), "5%"),
        (0, Shown(1), "0.0"),
        ("GMS", Shown(), "GMS"),
    ],
)
def test_a_value_is_written(value: Value, how: Shown, text: str) -> None:
    assert shown(value, how) == text


def test_what_is_absent_is_not_a_figure() -> None:
    with pytest.raises(ValueError, match="absent"):
        shown(None, Shown())
