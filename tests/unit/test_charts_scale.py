"""Scales, ticks, places of labels and measuring of text."""

import itertools
import random
from datetime import date
from decimal import Decimal

import pytest

from publishing.charts.axes import Area, apart
from publishing.charts.labels import Wanted, around, place
from publishing.charts.lettering import shorten, width, wrap
from publishing.charts.scale import Linear, Ticks, classes, known, nice
from publishing.charts.words import absent_groups, absent_months, between, counted, joined, some, spans
from publishing.reports.document import Shown

FIVE = random.Random(5)
RANGES = [
    (0, 1), (0, 10.25e6), (9.99, 10.01), (-3, 4), (-0.002, -0.001), (0, 1e8), (99_999_999, 1e8),
    (1e-7, 3e-7), (-1e8, 1e8), (0, 0.3),
    *((low, low + FIVE.uniform(1e-6, 1e6)) for low in (FIVE.uniform(-1e6, 1e6) for _ in range(60))),
]  # fmt: skip


@pytest.mark.parametrize(("low", "high"), RANGES)
@pytest.mark.parametrize("about", [2, 4, 5])
def test_ticks_are_round_few_and_hold_the_values(low: float, high: float, about: int) -> None:
    ticks = nice([high, low], about)
    assert ticks.values[0] <= Decimal(str(low)) and ticks.values[-1] >= Decimal(str(high))
    assert ticks.values[1] > Decimal(str(low)) and ticks.values[-2] < Decimal(str(high))
    assert {b - a for a, b in zip(ticks.values, ticks.values[1:], strict=False)} == {ticks.step}
    assert ticks.step.normalize().as_tuple().digits in ((1,), (2,), (5,))
    assert all(tick % ticks.step == 0 for tick in ticks.values) and 2 <= len(ticks.values) <= about + 4


@pytest.mark.parametrize("value", [0, 5, -5, 1e8, Decimal("0.1")])
def test_equal_values_stand_within_their_axis(value: float) -> None:
    ticks = nice([value, value])
    assert ticks.values[0] < Decimal(str(value)) < ticks.values[-1]


@pytest.mark.parametrize(("low", "high"), RANGES)
def test_classes_are_no_more_than_there_are_shades(low: float, high: float) -> None:
    bounds = classes([low, high], 5)
    assert 2 <= len(bounds.values) <= 6
    assert bounds.values[0] <= Decimal(str(low)) and bounds.values[-1] >= Decimal(str(high))


def test_scales_are_linear() -> None:
    scale = Linear(-10, 30, 300, 20)
    assert (scale.at(-10), scale.at(30), scale.at(Decimal(10))) == (300, 20, 160)


@pytest.mark.parametrize(
    ("step", "tick", "how", "text"),
    [
        ("0.5", "1.5", Shown(), "1.5"),
        ("2", "4", Shown(decimals=3), "4"),
        ("20", "-40", Shown(before="£", brackets=True), "(£40)"),
        ("2000000", "4000000", Shown(scale=1_000_000, before="£", after="m"), "£4m"),
        ("500000", "1500000", Shown(scale=1_000_000, before="£", after="m"), "£1.5m"),
        ("1E+2", "1E+2", Shown(after="%"), "100%"),
    ],
)
def test_ticks_have_the_decimals_that_their_step_needs(step: str, tick: str, how: Shown, text: str) -> None:
    assert Ticks((), Decimal(step)).text(Decimal(tick), how) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("nan")])
def test_what_is_not_finite_is_no_value(value: float) -> None:
    with pytest.raises(ValueError, match="Rates holds a value that is not finite"):
        known([1.0, None, value], "Rates")


def test_absent_values_are_left_out_and_never_zero() -> None:
    assert known([None, 2, Decimal("0.5"), None, 0], "x") == [2.0, 0.5, 0.0]


@pytest.mark.parametrize("count", [1, 2, 5, 18])
def test_labels_are_moved_apart_as_little_as_it_takes(count: int) -> None:
    draw = random.Random(count)
    wished = [draw.uniform(0, 270) for _ in range(count)]
    moved = apart(wished, 15, 0, 270)
    ordered = sorted(moved)
    assert all(b - a >= 15 - 1e-9 for a, b in itertools.pairwise(ordered))
    assert ordered[0] >= -1e-9 and ordered[-1] <= 270 + 1e-9
    assert sorted(range(count), key=lambda at: wished[at]) == sorted(range(count), key=lambda at: moved[at])


def test_labels_that_are_apart_stay_where_they_are() -> None:
    assert apart([100, 20, 60], 15, 0, 200) == [100, 20, 60]
    assert apart([50, 50], 10, 0, 200) == [45, 55]
    assert apart([200, 200], 10, 0, 200) == [190, 200]


def test_point_labels_lie_on_nothing_or_are_told() -> None:
    draw = random.Random(1)
    wanted = [Wanted(draw.uniform(40, 260), draw.uniform(40, 260), f"N8{at:04}", "#000000") for at in range(60)]
    area = Area(0, 0, 300, 300)
    drawn, left_out = place(wanted, [around(one.x, one.y, 4) for one in wanted], area)
    assert left_out and drawn.count("<text") == 60 - len(left_out)
    assert all(one.words in drawn or one.words in left_out for one in wanted)


def test_text_is_shortened_and_wrapped_to_its_room() -> None:
    assert shorten("Short", 12, 100) == "Short"
    short = shorten("A very long name of a practice", 12, 80)
    assert short.endswith("…") and width(short, 12) <= 80
    assert shorten("Word", 12, 1) == "W…"
    rows = wrap("One two three four five six seven", 12, 60)
    assert " ".join(rows) == "One two three four five six seven" and all(width(row, 12) <= 60 for row in rows)
    cut = wrap("One two three four five six seven", 12, 60, lines=2)
    assert len(cut) == 2 and cut[1].endswith("…")
    assert wrap("", 12, 60) == []


def test_unknown_letters_count_as_wide() -> None:
    assert width("漢", 10) == 10 and width("i", 10) < width("W", 10) < width("W", 10, bold=True)


def test_lists_and_spans_in_words() -> None:
    assert [joined([]), joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert some(["a", "b", "c", "d"], 2) == "a, b and 2 others" and some(["a", "b", "c"], 2) == "a, b and c"
    assert [counted(0, "practice"), counted(1, "practice"), counted(2, "practice")] == [
        "no practices",
        "1 practice",
        "2 practices",
    ]
    months = [date(2016, 11, 1), date(2016, 12, 1), date(2017, 1, 1), date(2017, 3, 1)]
    assert spans(months) == ["November 2016 to January 2017", "March 2017"]
    assert absent_months([(months[0], "awaiting"), (months[1], "hidden"), (months[2], "awaiting")]) == [
        "No figure, awaiting data: November 2016 and January 2017.",
        "No figure, hidden, few patients: December 2016.",
    ]
    assert absent_groups([("A", "hidden"), ("B", "withheld"), ("C", "hidden")], "practice") == [
        "Not shown: 1 practice withheld, data in question (B).",
        "Not shown: 2 practices hidden, few patients (A and C).",
    ]
    assert between(("a", "1"), ("b", "1")) == "all 1" and between(("a", "1"), ("a", "1")) == "a 1"
    assert between(("a", "1"), ("b", "2")) == "from 1 (a) to 2 (b)"
