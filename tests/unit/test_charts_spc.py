"""Control charts: every point, line, icon and gap read back from the drawing."""

import re
from datetime import date
from pathlib import Path

import duckdb
import pytest

from publishing.charts import spc
from publishing.charts.marks import Meaning
from publishing.charts.meanings import Direction, Side, better_or_worse, direction_of, meaning_of
from publishing.charts.months import Monthly, in_order, runs
from publishing.charts.palette import NEUTRAL
from publishing.charts.scale import month_number
from publishing.charts.svg import PHONE, WIDE
from tests import chart_examples as examples
from tests.chart_reading import SVG, axis, centre, keyed, labels_fit_ticks, leaders, marked, places, root, words

MODEL = Path("dbt_project/models/indicators/intermediate/int_statistics__spc.sql")
SHAPES = {
    "common": "circle",
    "improvement": "polygon",
    "concern": "rect",
    "neutral_high": "polygon",
    "neutral_low": "polygon",
}
LONG = (1, 4, 2, None, None, 3, 6, None, 5, 4.5, 4.25, None)


def drawn(points: list[spc.Point], width: float = WIDE, **others: object) -> spc.Drawing:
    given: dict = {"limits": None, **others}
    return spc.control_chart(points, ident="a", title="T", unit="u", how=examples.RATE, width=width, **given)


def points_of(values: tuple[float | None, ...]) -> list[spc.Point]:
    return [spc.Point(of, value) for of, value in zip(examples.months(len(values)), values, strict=True)]


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_point_lands_where_the_axes_say(width: float) -> None:
    values = examples.AFTER_A_GAP
    of = root(examples.control("a", width))
    x, y = axis(of, "x"), axis(of, "y")
    found = keyed(of, "point")
    expected = {month: value for month, value in zip(examples.months(22), values, strict=True) if value is not None}
    assert set(found) == {month.isoformat() for month in expected}
    for month, value in expected.items():
        across, down = centre(found[month.isoformat()])
        assert x.value(across) == pytest.approx(month_number(month), abs=x.slack)
        assert y.value(down) == pytest.approx(value, abs=y.slack)
    assert labels_fit_ticks(of, examples.RATE, "y") >= 3


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_mean_limits_and_target_lie_at_their_values(width: float) -> None:
    of = root(examples.control("a", width))
    x, y = axis(of, "x"), axis(of, "y")
    for name, value in {"mean": 8.98, "lower": 8.3, "upper": 9.66, "target": 8.5}.items():
        (line,) = marked(of, name)
        (start, at), (end, same) = places(line)
        assert at == same and y.value(at) == pytest.approx(value, abs=y.slack)
        first = date(2015, 4, 1) if name == "target" else date(2015, 7, 1)
        assert x.value(start) == pytest.approx(month_number(first) - 0.5, abs=x.slack)
        assert x.value(end) == pytest.approx(month_number(date(2017, 1, 1)) + 0.5, abs=x.slack)


@pytest.mark.parametrize("name", ["control", "control_golden", "control_long"])
def test_labels_beside_the_chart_lead_to_what_they_name(name: str) -> None:
    of = root(examples.EXAMPLES[name]("a", WIDE))
    y = axis(of, "y")
    found = leaders(of)
    assert len(found) == 5
    for label, place in found.items():
        assert y.value(place) == pytest.approx(float(label.split()[-1]), abs=0.05 + y.slack), label


def test_special_causes_differ_in_shape_and_colour() -> None:
    of = root(examples.control("a", WIDE))
    fills = set()
    for key, point in keyed(of, "point").items():
        meaning = point.attrib["data-meaning"]
        assert meaning == ("improvement" if key >= "2016-07" else "common")
        assert point.tag == SVG + SHAPES[meaning]
        fills.add((meaning, point.attrib["fill"]))
    assert len(fills) == 2 and {"common cause", "improvement"} <= set(words(of))


@pytest.mark.parametrize("meaning", ["common", "improvement", "concern"])
def test_a_special_cause_is_named_in_the_key_even_where_all_points_are(meaning: Meaning) -> None:
    rows = [spc.Point(of, 5, meaning=meaning) for of in examples.months(3)]
    assert (meaning in words(root(drawn(rows)))) is (meaning != "common")


def test_a_line_never_crosses_a_month_without_a_figure() -> None:
    of = root(drawn(points_of(LONG)))
    x, y = axis(of, "x"), axis(of, "y")
    first = month_number(date(2015, 4, 1))
    found = [
        [(round(x.value(a) - first), round(y.value(b), 1)) for a, b in places(line)] for line in marked(of, "line")
    ]
    assert found == [[(0, 1), (1, 4), (2, 2)], [(5, 3), (6, 6)], [(8, 5), (9, 4.5), (10, 4.2)]]
    shades = keyed(of, "absent")
    assert set(shades) == {"2015-07-01", "2015-08-01", "2015-11-01", "2016-03-01"}
    assert x.value(centre(shades["2015-11-01"])[0]) == pytest.approx(first + 7, abs=x.slack)


def test_a_month_that_has_no_row_at_all_is_a_gap_too() -> None:
    rows = [Monthly(of, 1.0) for of in examples.months(6) if of.month != 6]
    assert [len(run) for run in runs(rows)] == [2, 3]
    quarters = [Monthly(of, 1.0) for of in examples.months(12)[::3]]
    assert [len(run) for run in runs(quarters, every=3)] == [4] and [len(run) for run in runs(quarters)] == [1] * 4


def test_two_rows_of_one_month_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows of May 2017"):
        in_order([Monthly(date(2017, 5, 31), 1), Monthly(date(2017, 5, 1), 2)])


def test_rows_may_come_in_any_order() -> None:
    rows = points_of(LONG)
    assert drawn(rows) == drawn(rows[::-1])


def test_golden_chart_flags_one_point() -> None:
    """The worked example of the statistics: mean 51.9, limits 46.6 and 57.2, the eighth point outside."""
    of = root(examples.control_golden("a", WIDE))
    concern = [key for key, point in keyed(of, "point").items() if point.attrib["data-meaning"] != "common"]
    assert concern == ["2015-11-01"]
    told = examples.control_golden("a", WIDE).alternative
    assert "March 2016: 51.0 (items), the newest of 12 months." in told
    assert "Mean 51.9, limits 46.6 to 57.2 since April 2015." in told
    assert "Special cause, concern: 1 month (November 2015)." in told
    assert "Target 40.0. Variation: common cause, no significant change. Target: consistently missed." in told


def test_where_neither_way_is_good_a_special_cause_is_high_or_low() -> None:
    made = examples.control_neutral("a", WIDE)
    of = root(made)
    found = {key: point for key, point in keyed(of, "point").items() if point.attrib["data-meaning"] != "common"}
    assert {key: point.attrib["data-meaning"] for key, point in found.items()} == {
        "2015-09-01": "neutral_low",
        "2016-03-01": "neutral_high",
    }
    assert {point.attrib["fill"] for point in found.values()} == {NEUTRAL}
    assert {"neutral high", "neutral low"} <= set(words(of))
    assert "Special cause, neutral high: 1 month (March 2016)." in made.alternative
    assert "Special cause, neutral low: 1 month (September 2015)." in made.alternative
    assert "Variation: special cause, neutral high." in made.alternative
    assert not re.search("improvement|concern|better|worse", made.svg + made.alternative)


def test_alternative_names_the_months_of_special_causes_and_of_gaps() -> None:
    told = examples.control("a", WIDE).alternative
    assert "Special cause, improvement: 7 months (July 2016 to January 2017)." in told
    assert "No figure, awaiting data: May 2015. No figure, withheld, data in question: June 2015." in told
    limits = spc.Limits(3, 1, 6, date(2015, 4, 1))
    assert "No special cause." in drawn(points_of(LONG), limits=limits).alternative


@pytest.mark.parametrize("variation", [*SHAPES, None])
@pytest.mark.parametrize("assurance", ["pass", "fail", "hit_or_miss", None])
def test_icons_say_what_they_mean_in_words(variation: Meaning | None, assurance: spc.Assurance | None) -> None:
    made = drawn(points_of(LONG), variation=variation, assurance=assurance)
    of = root(made)
    icons = marked(of, "icon-variation"), marked(of, "icon-target")
    assert [len(icon) for icon in icons] == [variation is not None, assurance is not None]
    if variation:
        said = " ".join(words(icons[0][0])).lower()
        assert said == f"variation {spc.VARIATION[variation]}" and spc.VARIATION[variation] in made.alternative
        assert SVG + SHAPES[variation] in {element.tag for element in list(icons[0][0])[1:]}
    if assurance:
        letter = {"pass": "P", "fail": "F", "hit_or_miss": "?"}[assurance]
        assert words(icons[1][0]) == [letter, "Target", spc.ASSURANCE[assurance].capitalize()]
        assert f"Target: {spc.ASSURANCE[assurance]}." in made.alternative


def test_few_months_make_a_run_chart_that_says_so() -> None:
    made = examples.control_without_limits("a", WIDE)
    assert not marked(root(made), "mean") and "Too few months for limits: a run chart." in words(root(made))
    assert "Too few months for limits" in made.alternative


def test_hidden_months_leave_the_icon_in_words_and_no_axes() -> None:
    made = examples.control_hidden("a", WIDE)
    assert made.alternative == "No chart: hidden, few patients. Variation: special cause, concern."
    assert words(root(made)) == [made.alternative] and not marked(root(made), "point")
    assert drawn([]).alternative == "No chart: no month has come yet."


def test_flags_and_values_have_to_match() -> None:
    with pytest.raises(ValueError, match="3 values have 2 flags"):
        spc.meanings([1, 2, 3], 2, "..", "up", "common")


def test_meanings_are_those_of_the_model() -> None:
    """The rule of the icon as it stands in the model, asked for every point: the second one, here, has to agree."""
    text = MODEL.read_text()
    rule = re.search(r"case\s+when not \(is_outside.*?end(?= as variation)", text, re.S)
    heading = re.search(r"case when side = 0 .*? end(?= as heading)", text)
    assert rule and heading
    values = [5.0, 7.0, 5.0, 3.0, 5.0, 5.0, 6.0, 4.0]
    connection = duckdb.connect()
    directions: tuple[Direction, ...] = ("up", "down", "neutral")
    for direction in directions:
        found = spc.meanings(values, 5.0, "s" * 8, direction, "common")[:-1]
        for at, meaning in enumerate(found):
            side = (values[at] > 5) - (values[at] < 5)
            course = 0 if at == 0 else (values[at] > values[at - 1]) - (values[at] < values[at - 1])
            if side == course == 0:
                continue
            row = connection.execute(
                f"select {rule[0]} from (select *, {heading[0]} as heading, true as is_outside, false as is_shift,"
                " false as is_trend, false as is_two_of_three"
                " from (select $side as side, $course as course, $direction as direction))",
                {"side": side, "course": course, "direction": direction},
            ).fetchone()
            assert row == (meaning,), (direction, at)


def test_the_last_point_means_what_the_icon_says() -> None:
    assert spc.meanings([1, 2, 3], 2, "..o", "up", "improvement") == ("common", "common", "improvement")
    assert spc.meanings([2, 2, 2], 2, "..s", "up", "improvement")[-1] == "improvement"
    assert spc.meanings([2, 2, 2], 2, "..s", "up", "concern")[-1] == "concern"
    assert spc.meanings([1, 2, 3], 2, "o.o", "up", "concern")[0] == "concern"
    assert spc.meanings([1, 2, 3], 2, "o..", "down", "common")[0] == "improvement"
    assert spc.meanings([1, 2, 3], 2, "o.o", "neutral", "neutral_high") == ("neutral_low", "common", "neutral_high")


@pytest.mark.parametrize(
    ("side", "direction", "meaning", "word"),
    [
        ("high", "up", "improvement", "better"),
        ("low", "up", "concern", "worse"),
        ("high", "down", "concern", "worse"),
        ("low", "down", "improvement", "better"),
        ("high", "neutral", "neutral_high", None),
        ("low", "neutral", "neutral_low", None),
    ],
)
def test_a_side_means_what_the_direction_says(side: Side, direction: str, meaning: Meaning, word: str | None) -> None:
    good = direction_of(direction)
    assert (meaning_of(side, good), better_or_worse(side, good)) == (meaning, word)


def test_a_direction_that_nobody_knows_is_refused() -> None:
    """It would be judged as one that is known."""
    for word in ("sideways", None):
        with pytest.raises(ValueError, match="is none of up, down, neutral"):
            direction_of(word)
