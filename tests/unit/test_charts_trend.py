"""Small multiples: every value of every panel, and its gaps, read back."""

import pytest

from publishing.charts import trend
from publishing.charts.scale import month_number
from publishing.charts.svg import PHONE, WIDE
from tests import chart_examples as examples
from tests.chart_reading import axis, centre, keyed, labels_fit_ticks, marked, panel, places, root, words


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_value_lands_where_its_panel_says(width: float) -> None:
    of = root(examples.trend_multiples("a", width))
    for one in examples.series():
        group = panel(of, one.name)
        x, y = axis(group, "x"), axis(group, "y")
        found = keyed(group, "point")
        there = [row for row in one.points if row.value is not None]
        assert set(found) == {f"{one.name}|{row.month.isoformat()}" for row in there}
        for row in there:
            across, down = centre(found[f"{one.name}|{row.month.isoformat()}"])
            assert x.value(across) == pytest.approx(month_number(row.month), abs=x.slack)
            assert y.value(down) == pytest.approx(row.value, abs=y.slack)
        (target,) = marked(group, "target")
        assert y.value(places(target)[0][1]) == pytest.approx(8.5, abs=y.slack)
        assert labels_fit_ticks(group, examples.RATE, "y") == 2


def test_all_panels_have_one_scale() -> None:
    of = root(examples.trend_multiples("a", WIDE))
    ticks = [
        [
            e.attrib["data-tick"]
            for e in panel(of, one.name).iter()
            if e.get("data-axis") == "y" and "data-tick" in e.attrib
        ]
        for one in examples.series()
    ]
    assert all(its == ticks[0] for its in ticks)


def test_lines_break_where_a_month_is_absent() -> None:
    of = root(examples.trend_multiples("a", WIDE))
    central, north, south = (panel(of, name) for name in ("Central", "North", "South"))
    assert [len(places(line)) for line in marked(central, "line")] == [18]
    assert [len(places(line)) for line in marked(north, "line")] == [7, 9]
    assert [len(places(line)) for line in marked(south, "line")] == [17]
    assert set(keyed(north, "absent")) == {"2015-11-01", "2015-12-01"}
    assert set(keyed(south, "absent")) == {"2016-09-01"}


def test_quarters_are_joined_and_a_missing_quarter_is_not() -> None:
    of = panel(root(examples.trend_quarterly("a", WIDE)), "Quarters")
    assert [len(places(line)) for line in marked(of, "line")] == [2, 2]
    x = axis(of, "x")
    (gap,) = marked(of, "absent")
    assert float(gap.attrib["width"]) == pytest.approx(3 / x.slack * 0.022, rel=0.01)


def test_the_newest_figure_stands_beside_its_point() -> None:
    of = root(examples.trend_multiples("a", WIDE))
    assert [text for text in words(panel(of, "South")) if text == "9.4"]


def test_alternative_tells_newest_first_and_range() -> None:
    told = examples.trend_multiples("a", WIDE).alternative
    assert "Central: 8.2 in September 2016, 9.1 in April 2015, between 8.2 and 9.7." in told
    assert "North: no figure, awaiting data: November 2015 to December 2015." in told
    assert examples.trend_of_one("a", WIDE).alternative == "Pounds. One: £100,000,000 in May 2017, the only figure."
    assert examples.trend_of_none("a", WIDE).alternative == "No chart: awaiting data."
    assert (
        trend.trend([], ident="a", title="T", unit="u", how=examples.RATE).alternative
        == "No chart: no period has come yet."
    )


def test_many_series_are_told_by_name() -> None:
    many = [trend.Series(f"S{at}", examples.series()[0].points) for at in range(15)]
    made = trend.trend(many, ident="a", title="T", unit="u", how=examples.RATE)
    assert "S11: 8.2" in made.alternative and "And 3 more: S12, S13 and S14." in made.alternative
    assert len(marked(root(made), "point")) == 15 * 18
