"""Funnels: practices and limits read back, limits compared with the SQL of the model, labels that lie on nothing."""

import math
import random
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from statistics import NormalDist

import duckdb
import pytest

from publishing.charts import funnel
from publishing.charts.lettering import width as text_width
from publishing.charts.svg import PHONE, WIDE
from publishing.reports.document import Shown
from tests import chart_examples as examples
from tests.chart_reading import SVG, axis, centre, keyed, labels_fit_ticks, leaders, marked, places, root, words
from tests.funnel_limits import of_proportion, of_rate

MODEL = Path("dbt_project/models/indicators/intermediate/int_statistics__comparison.sql")


def drawn(rows: list[funnel.Place], limits: funnel.Limits | None = examples.FUNNEL, **others: object) -> funnel.Drawing:
    given: dict = {"direction": "up", **others}
    return funnel.funnel(rows, limits, ident="a", title="T", unit="u", of="patients", how=examples.RATE, **given)


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_practice_lands_where_the_axes_say(width: float) -> None:
    of = root(examples.funnel_of_practices("a", width))
    x, y = axis(of, "x"), axis(of, "y")
    found = keyed(of, "point")
    rows = [one for one in examples.funnel_places(92) if one.value is not None]
    assert set(found) == {one.code for one in rows} and "Y02222" not in found
    for one in rows:
        across, down = centre(found[one.code])
        assert x.value(across) == pytest.approx(one.denominator, abs=x.slack)
        assert y.value(down) == pytest.approx(one.value, abs=y.slack)
    assert labels_fit_ticks(of, Shown(), "x") >= 3 and labels_fit_ticks(of, Shown(), "y") >= 4


def _by_the_model(statistic: str, benchmark: float, multiplier: float, denominator: float) -> list[float]:
    """The four limits as the model works them out, its own expressions asked of DuckDB."""
    text = MODEL.read_text(encoding="utf-8")
    error = re.search(r"(case\s+when intervals\.statistic = 'proportion'.*?end) as standard_error", text, re.S)
    assert error
    sides = [
        re.search(rf"^ +(.*) as {name},$", text, re.M)
        for name in ("alert_lower", "alert_upper", "outlier_lower", "outlier_upper")
    ]
    known = {"statistic": statistic, "benchmark": benchmark, "multiplier": multiplier, "denominator": denominator}
    known |= {"funnel_alert_z": 1.96, "funnel_outlier_z": 3.09}

    def asked(expression: str) -> str:
        return re.sub(r"\b(intervals|benchmarks|ranked|config)\.", "", expression)

    given = ", ".join(f"${name} as {name}" for name in known)
    found = ", ".join(asked(side[1]) for side in sides if side)
    sql = f"select {found} from (select *, {asked(error[1])} as standard_error from (select {given}))"
    row = duckdb.connect().execute(sql, known).fetchone()
    assert row and len(row) == 4
    return list(row)


def _of(limits: funnel.Limits, n: float) -> list[float]:
    return [find(n, half) for half in (limits.alert, limits.outlier) for find in (limits.lower, limits.upper)]


@pytest.mark.parametrize(
    ("make", "statistic", "benchmark", "multiplier"),
    [
        (of_proportion, "proportion", 93.0, 100.0),
        (of_proportion, "proportion", 0.4, 1.0),
        (of_proportion, "proportion", 100.0, 100.0),
        (of_rate, "rate", 9.2, 1000.0),
        (of_rate, "rate", 0.01, 1.0),
        (of_rate, "rate", 0.0, 1.0),
    ],
)
def test_limits_are_those_of_the_model(make: Callable, statistic: str, benchmark: float, multiplier: float) -> None:
    limits = make(benchmark, multiplier, 1.96, 3.09)
    for n in (1, 30, 200, 12_345.678, 1e8):
        assert _of(limits, n) == pytest.approx(_by_the_model(statistic, benchmark, multiplier, n), rel=1e-9, abs=1e-9)


def test_limits_are_those_of_the_worked_example() -> None:
    """A share of 0.93 of 200 lies within 0.8946 and 0.9654 in 95 %, 0.8742 and 0.9858 in 99.8 %."""
    limits = of_proportion(0.93, 1, *(NormalDist().inv_cdf(share) for share in (0.975, 0.999)))
    assert _of(limits, 200) == pytest.approx([0.8946, 0.9654, 0.8742, 0.9858], abs=5e-5)


def test_limits_through_published_rows_are_the_same() -> None:
    exact = of_rate(9.2, 1000, 1.96, 3.09)
    sizes = [random.Random(4).uniform(1500, 15000) for _ in range(92)]
    rows = [(n, exact.upper(n, exact.alert), exact.upper(n, exact.outlier)) for n in sizes]
    through = funnel.of_rows(9.2, rows)
    assert through and (through.alert, through.outlier) == pytest.approx((exact.alert, exact.outlier))
    rounded = funnel.of_rows(9.2, [(n, round(alert, 1), round(outlier, 1)) for n, alert, outlier in rows])
    assert rounded and all(
        abs(a - b) <= 0.05 for n in sizes for a, b in zip(_of(rounded, n), _of(exact, n), strict=True)
    )
    assert funnel.of_rows(9.2, []) is None and funnel.of_rows(9.2, [(0, 1, 1)]) is None


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_drawn_limits_are_the_limits_at_every_place(width: float) -> None:
    of = root(examples.funnel_of_practices("a", width))
    x, y = axis(of, "x"), axis(of, "y")
    limits = examples.FUNNEL
    halves = {"alert": limits.alert, "outlier": limits.outlier, "spread": limits.outlier * 1.4}
    for name, half in halves.items():
        for side, find in (("upper", limits.upper), ("lower", limits.lower)):
            (curve,) = marked(of, f"{name}-{side}")
            at = [(x.value(across), y.value(down)) for across, down in places(curve)]
            assert at[-1][0] == pytest.approx(800, abs=x.slack) and len(at) > 40
            for size, value in at:
                # Where it is steep the rounding of a place moves the value.
                steep = abs(half / 2 / size**1.5) * x.slack
                assert value == pytest.approx(find(size, half), abs=y.slack + steep)
    (line,) = marked(of, "benchmark")
    assert y.value(places(line)[0][1]) == pytest.approx(78, abs=y.slack)


def test_labels_beside_the_funnel_lead_to_the_ends_of_their_lines() -> None:
    of = root(examples.funnel_of_practices("a", WIDE))
    lines = {
        "Together 78.0%": "benchmark",
        "95 %": "alert-upper",
        "99.8 %": "outlier-upper",
        "99.8 % and spread": "spread-upper",
    }
    ends = {label: places(marked(of, name)[0])[-1][1] for label, name in lines.items()}
    assert leaders(of) == pytest.approx(ends, abs=0.011)


def test_limits_never_fall_below_zero() -> None:
    limits = of_rate(0.5, 1000, 1.96, 3.09)
    rows = [funnel.Place(f"P{at}", "", 0.2 * at, 300 * (at + 1)) for at in range(10)]
    assert not marked(root(drawn(rows, limits)), "outlier-lower")
    of = root(drawn([*rows, funnel.Place("Large", "", 0.5, 100_000)], limits))
    x, y = axis(of, "x"), axis(of, "y")
    (curve,) = marked(of, "outlier-lower")
    at = [(x.value(across), y.value(down)) for across, down in places(curve)]
    assert min(value for _, value in at) == pytest.approx(0, abs=y.slack)
    assert at[0][0] == pytest.approx((limits.outlier / limits.benchmark) ** 2, abs=x.slack)
    assert limits.lower(300, limits.outlier) == 0 and limits.upper(300, limits.outlier) > 0.5


@pytest.mark.parametrize(("direction", "high", "low"), [("up", "polygon", "rect"), ("down", "rect", "polygon")])
def test_outliers_differ_in_shape_by_what_is_good(direction: str, high: str, low: str) -> None:
    outliers = {"A": "high", "B": "low", "C": "high_alert", "D": "low_alert", "E": None}
    rows = [
        funnel.Place(code, code, 70 + at, 100 + at * 50, outlier) for at, (code, outlier) in enumerate(outliers.items())
    ]
    of = root(drawn(rows, direction=direction))
    shapes = {code: mark.tag.removeprefix(SVG) for code, mark in keyed(of, "point").items()}
    assert shapes == {"A": high, "B": low, "C": high, "D": low, "E": "circle"}
    # Alerts are hollow, outliers full.
    fills = {code: mark.attrib["fill"] for code, mark in keyed(of, "point").items()}
    assert fills["A"] != "#ffffff" and fills["B"] != "#ffffff" and fills["C"] == fills["D"] == fills["E"] == "#ffffff"
    assert [mark.text for mark in marked(of, "label")] == ["A", "B"] or {m.text for m in marked(of, "label")} == {
        "A",
        "B",
    }


def test_where_neither_way_is_good_nobody_is_better_or_worse() -> None:
    made = examples.funnel_neutral("a", WIDE)
    of = root(made)
    corners = {}
    for mark in marked(of, "point"):
        side = (mark.get("data-outlier") or "").removesuffix("_alert")
        shape = "circle" if mark.tag == f"{SVG}circle" else len(places(mark))
        tip = 0 if shape == "circle" else places(mark)[0][1] - centre(mark)[1]
        corners.setdefault(side, set()).add((shape, (tip > 0) - (tip < 0)))
    assert corners == {"none": {("circle", 0)}, "high": {(3, -1)}, "low": {(3, 1)}}
    assert {"outlier, high", "outlier, low"} <= {text.replace(" and spread", "") for text in words(of)}
    assert "outliers high, neither better nor worse: " in made.alternative
    said = made.svg.replace("neither better nor worse", "")
    assert not re.search("improvement|concern|better|worse", said)


@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("name", ["funnel_of_practices", "funnel_crowded"])
def test_outliers_are_labelled_on_nothing_or_told(name: str, width: float) -> None:
    made = examples.EXAMPLES[name]("a", width)
    of = root(made)
    labels = marked(of, "label")
    outliers = {code for code, mark in keyed(of, "point").items() if mark.get("data-outlier") in ("high", "low")}
    labelled = {label.text for label in labels}
    assert labelled <= outliers and all(code in made.alternative for code in outliers - labelled)
    boxes = []
    for label in labels:
        left, base = float(label.attrib["x"]), float(label.attrib["y"])
        boxes.append((left, base - 8, left + text_width(label.text or "", 11, bold=True), base + 2))
    marks = [(x - 3, y - 3, x + 3, y + 3) for x, y in map(centre, keyed(of, "point").values())]
    for one, other in [*combinations(boxes, 2), *((box, mark) for box in boxes for mark in marks)]:
        assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_a_label_is_nearest_to_its_own_point() -> None:
    of = root(examples.funnel_of_practices("a", WIDE))
    outliers = {
        code: centre(mark) for code, mark in keyed(of, "point").items() if mark.get("data-outlier") in ("high", "low")
    }
    for label in marked(of, "label"):
        wide = text_width(label.text or "", 11, bold=True)
        middle = (float(label.attrib["x"]) + wide / 2, float(label.attrib["y"]) - 4)
        assert min(outliers, key=lambda code: math.dist(outliers[code], middle)) == label.text


def test_practices_outside_the_lines_that_are_no_outliers_are_counted_in_words() -> None:
    limits = of_proportion(78.0, 100, 1.96, 3.09)
    rows = [funnel.Place("A", "", 20, 400), funnel.Place("B", "", 78, 400), funnel.Place("C", "", 99, 400, "high")]
    told = drawn(rows, limits).alternative
    assert "1 practice beyond 99.8 % is not called an outlier: " in told
    assert "1 practice beyond 99.8 % is not called an outlier: their cases are few, or their period" in told
    assert "not called" not in drawn(rows[1:], limits).alternative


@pytest.mark.parametrize(("spread", "where"), [(12, "outside the drawing"), (3, "the dashed line")])
def test_a_practice_within_the_spread_is_told_so_and_its_mark_too(spread: float, where: str) -> None:
    limits = of_proportion(78.0, 100, 1.96, 3.09, spread)
    rows = [
        funnel.Place("A", "", 88, 400),
        funnel.Place("B", "", 78, 4000),
        funnel.Place("C", "", 70, 400, "low_alert"),
    ]
    made = drawn(rows, limits)
    told = (
        "2 practices beyond 99.8 % are not called outliers: practices differ by more than chance, so that an outlier "
    )
    assert told in made.alternative and where in made.alternative
    assert "beyond 95 % and spread, low (worse)" in made.svg
    assert ("spread-upper" in made.svg) is (where == "the dashed line")


def test_a_spread_that_is_not_shown_is_said_to_be_so() -> None:
    limits = funnel.of_rows(78.0, [(400, 82.0, 84.4)], None)
    rows = [funnel.Place("A", "", 88, 400), funnel.Place("C", "", 90, 400, "high_alert")]
    made = drawn(rows, limits)
    told = "2 practices beyond 99.8 % are not called outliers: practices may differ by more than chance, which is not"
    assert told in made.alternative and "beyond 95 % and spread, high (better)" in made.svg
    known = drawn(rows, funnel.of_rows(78.0, [(400, 82.0, 84.4)], 1.0))
    assert "more than chance" not in known.alternative and "spread" not in known.svg


def test_alternative_tells_range_outliers_and_who_is_missing() -> None:
    told = examples.funnel_of_practices("a", WIDE).alternative
    assert "92 practices (per cent of patients reviewed), from 55.3% (N80009) to 100.0% (N80005)." in told
    assert "4 outliers low, worse: N80009 55.3%, N80011 55.9%, N80012 55.6% and N80040 58.5%." in told
    assert "Not shown: 1 practice hidden, few patients (Y02222)." in told
    assert "No outlier. No limits: chance cannot be judged here." in examples.funnel_of_one("a", WIDE).alternative
    assert examples.funnel_of_none("a", WIDE).alternative.startswith("No chart: no practice has a figure.")
    assert "and 28 others" in examples.funnel_crowded("a", WIDE).alternative


def test_a_practice_without_denominator_is_no_point() -> None:
    made = drawn(
        [funnel.Place("A", "", 5, 0), funnel.Place("B", "", 5, None, absent="hidden"), funnel.Place("C", "", 70, 9)]
    )
    assert set(keyed(root(made), "point")) == {"C"} and "hidden, few patients (B)" in made.alternative


def test_outliers_are_drawn_above_the_others() -> None:
    order = [mark.get("data-outlier") for mark in marked(root(examples.funnel_of_practices("a", WIDE)), "point")]
    firsts = [at for at, outlier in enumerate(order) if outlier in ("high", "low")]
    assert min(firsts) == len(order) - len(firsts)
    assert "practice" in words(root(examples.funnel_of_practices("a", WIDE)))
