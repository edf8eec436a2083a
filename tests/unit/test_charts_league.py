"""Leagues: order, dots and intervals read back; practices without a figure in words."""

import re

import pytest

from publishing.charts import league
from publishing.charts.meanings import Direction
from publishing.charts.svg import PHONE, WIDE
from tests import chart_examples as examples
from tests.chart_reading import SVG, axis, centre, keyed, labels_fit_ticks, marked, panel, places, root, words


@pytest.mark.parametrize(("width", "columns"), [(WIDE, 2), (PHONE, 1)])
def test_every_practice_lands_where_its_column_says(width: float, columns: int) -> None:
    of = root(examples.league_of_92("a", width))
    rows = {one.code: one for one in examples.ranked(89)}
    seen = []
    for column in range(columns):
        group = panel(of, str(column))
        x = axis(group, "x")
        assert labels_fit_ticks(group, examples.RATE, "x") >= 2
        dots, intervals = keyed(group, "point"), keyed(group, "interval")
        assert set(dots) == set(intervals)
        for code, dot in dots.items():
            across, down = centre(dot)
            assert x.value(across) == pytest.approx(rows[code].value, abs=x.slack)
            (low, at), (high, same) = places(intervals[code])
            assert at == same == pytest.approx(down, abs=0.01)
            assert x.value(low) == pytest.approx(rows[code].lower, abs=x.slack)
            assert x.value(high) == pytest.approx(rows[code].upper, abs=x.slack)
        for name, value in (("benchmark", 9.0), ("target", 8.5)):
            (line,) = marked(group, name)
            assert x.value(places(line)[0][0]) == pytest.approx(value, abs=x.slack)
        seen += sorted(dots, key=lambda code: centre(dots[code])[1])
    assert seen == sorted(rows, key=lambda code: rows[code].value)


@pytest.mark.parametrize(
    ("direction", "order"), [("up", ["c", "a", "b"]), ("down", ["a", "b", "c"]), ("neutral", ["c", "a", "b"])]
)
def test_the_best_is_first_and_equals_stand_by_code(direction: Direction, order: list[str]) -> None:
    rows = [league.Ranked(code, code, value) for code, value in (("c", 2), ("b", 1), ("a", 1))]
    of = root(league.league(rows, ident="a", title="T", unit="u", how=examples.RATE, direction=direction))
    assert [dot.attrib["data-key"] for dot in marked(of, "point")] == order


def test_each_row_has_name_and_figure_at_its_height() -> None:
    of = root(examples.league_of_92("a", PHONE))
    texts = {element.text: float(element.attrib["y"]) for element in of.iter(f"{SVG}text")}
    for one in examples.ranked(89):
        (name,) = [text for text in texts if text and text.startswith(one.code)]
        assert texts[name] - 3.5 == pytest.approx(centre(keyed(of, "point")[one.code])[1], abs=0.02)


def test_codes_are_whole_and_long_names_cut() -> None:
    said = words(root(examples.league_of_92("a", WIDE)))
    assert all(any(text.startswith(f"{one.code} ") for text in said) for one in examples.ranked(89))
    assert any(text.startswith("N80003 The") and text.endswith("…") for text in said)


def test_ninety_two_practices_fit_a_page_of_a4_with_legible_names() -> None:
    """On 170 by 257 mm, names of 2.4 mm: 7 points."""
    rows = examples.ranked(92)
    of = root(league.league(rows, ident="a", title="T", unit="u", how=examples.RATE, direction="up"))
    a_mm = 170 / WIDE
    assert float(of.attrib["height"]) * a_mm <= 257 - 25
    assert min(float(text.attrib["font-size"]) for text in of.iter(f"{SVG}text")) * a_mm >= 2.4


def test_practices_without_a_figure_are_named_and_not_put_last() -> None:
    made = examples.league_of_92("a", WIDE)
    assert "Y00001" not in keyed(root(made), "point")
    for told in (
        "Not shown: 1 practice hidden, few patients (Y00001 Small Practice).",
        "Not shown: 2 practices awaiting data (Y00002 Late Practice and Y00003 Late Practice).",
    ):
        assert told in made.alternative and told in words(root(made))
    assert examples.league_of_none("a", WIDE).alternative == "No chart: no practice has a figure."


def test_highlighted_practice_is_set_bold() -> None:
    of = root(examples.league_of_92("a", PHONE))
    bold = [text.text or "" for text in of.iter(f"{SVG}text") if text.get("font-weight") == "bold"]
    assert [text[:6] for text in bold] == ["N80017", "11.7"]


def test_alternative_tells_ends_and_outliers() -> None:
    told = examples.league_of_92("a", WIDE).alternative
    assert told.startswith(
        "89 practices (A&E attendances per 1,000), best first, from 5.5 (N80049 Dovecot Surgery) "
        "to 11.7 (N80088 Abbey Surgery). Practices together 9.0. Target 8.5. Outliers, better: N80049 5.5, "
    )
    assert "Outliers, worse: N80045 11.1" in told
    assert "all £100,000,000" in examples.league_equal("a", WIDE).alternative


@pytest.mark.parametrize(("overall", "is_told"), [(9.1, True), (9.04, False), (None, False)])
def test_figure_of_all_beside_that_of_the_practices_is_explained(overall: float | None, is_told: bool) -> None:
    rows = [league.Ranked("a", "", 8.0), league.Ranked("b", "", 10.0)]
    made = league.league(
        rows, ident="a", title="T", unit="u", how=examples.RATE, direction="up", benchmark=9.0, overall=overall
    )
    said = "9.0 is of the practices open in all of the period, together; the figure of all is 9.1: it has those too,"
    assert (said in made.alternative) is is_told and (said in " ".join(words(root(made)))) is is_told


def test_where_neither_way_is_good_the_highest_is_first_and_nobody_is_better() -> None:
    made = examples.league_neutral("a", WIDE)
    said = words(root(made))
    assert "per cent; neither way is good, highest first" in said
    assert {"high (outlier)", "low (outlier)"} <= set(said)
    assert "(per cent), highest first, " in made.alternative
    assert "Outliers, high: " in made.alternative and "Outliers, low: " in made.alternative
    assert not re.search("best|better|worse|improvement|concern", made.svg)


@pytest.mark.parametrize(("meaning", "named"), [("common", False), ("improvement", True), ("concern", True)])
def test_shapes_are_named_even_where_all_are_alike(meaning: str, named: bool) -> None:
    rows = [league.Ranked(code, "", 5, meaning=meaning) for code in "ab"]
    of = root(league.league(rows, ident="a", title="T", unit="u", how=examples.RATE, direction="up"))
    assert any("(outlier)" in text for text in words(of)) is named


def test_without_interval_there_is_no_bar_and_no_key_of_one() -> None:
    of = root(examples.league_short("a", WIDE))
    assert not marked(of, "interval") and "95 % interval" not in words(of)
    assert len(marked(of, "point")) == 3
