"""Burn-ups: sums of months, the three lines and the tolerance read back, months that are not reported."""

from decimal import Decimal

import pytest

from publishing.charts import burn_up
from publishing.charts.burn_up import Month, sums
from publishing.charts.svg import PHONE, WIDE
from tests import chart_examples as examples
from tests.chart_reading import axis, centre, keyed, labels_fit_ticks, marked, places, root, words

PLANS = (400, 450, 600, 700, 800, 850, 900, 950, 1000, 1100, 1150, 1350)
ACTUALS = (380, 420, 500, 560, 690, 700)
FORECASTS = (850, 950, 1050, 1100, 1200, 1400)


def month(period: int, plan: str | None, actual: str | None = None, forecast: str | None = None) -> Month:
    return Month(period, *(None if of is None else Decimal(of) for of in (plan, actual, forecast)))


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_month_lands_at_its_sum(width: float) -> None:
    of = root(examples.cres_burn_up("a", width))
    x, y = axis(of, "x"), axis(of, "y")
    expected = {
        "plan": {at: sum(PLANS[:at]) for at in range(1, 13)},
        "actual": {at: sum(ACTUALS[:at]) for at in range(1, 7)},
        "forecast": {at: sum(ACTUALS) + sum(FORECASTS[: at - 6]) for at in range(7, 13)},
    }
    for name, values in expected.items():
        found = keyed(of, name)
        assert set(found) == {str(at) for at in values}
        for at, value in values.items():
            across, down = centre(found[str(at)])
            assert x.value(across) == pytest.approx(at, abs=x.slack)
            assert y.value(down) == pytest.approx(value * 1000, abs=y.slack)
    assert labels_fit_ticks(of, examples.MILLIONS, "y") >= 4


def test_lines_go_through_their_points_and_the_forecast_begins_at_the_actual() -> None:
    of = root(examples.cres_burn_up("a", WIDE))
    for name, others in (("plan", []), ("actual", []), ("forecast", ["actual"])):
        (line,) = marked(of, f"{name}-line")
        dots = [centre(mark) for mark in marked(of, name)]
        before = [centre(marked(of, other)[-1]) for other in others]
        assert places(line) == [*before, *dots]


def test_the_tolerance_is_the_share_below_the_plan() -> None:
    of = root(examples.cres_burn_up("a", WIDE))
    x, y = axis(of, "x"), axis(of, "y")
    (band,) = marked(of, "tolerance")
    corners = [(round(x.value(across)), y.value(down)) for across, down in places(band)]
    for at, value in corners[:12]:
        assert value == pytest.approx(sum(PLANS[:at]) * 1000, abs=y.slack)
    for at, value in corners[12:]:
        assert value == pytest.approx(sum(PLANS[:at]) * 950, abs=y.slack)
    assert not marked(root(examples.burn_up_of_a_year("a", WIDE)), "tolerance")


def test_sums_are_exact_decimals() -> None:
    found = sums([month(at, "0.1", "0.1") for at in range(1, 4)])
    assert found.actual[3] == Decimal("0.3") == found.plan[3]


def test_a_planned_month_without_report_ends_the_sum() -> None:
    found = sums([month(1, "5", "4"), month(2, "5"), month(3, "5", "4", "9")])
    assert found.actual == {1: 4} and found.unreported == 2 and found.forecast == {}
    made = examples.burn_up_with_a_hole("a", WIDE)
    assert set(keyed(root(made), "actual")) == {"1", "2", "3"} and not marked(root(made), "forecast")
    assert "M04 was planned and is not reported: the sum from there is not known." in made.alternative
    assert made.alternative in root(made)[1].text


def test_a_month_in_which_nothing_was_planned_adds_nothing() -> None:
    found = sums([month(1, "0"), month(2, "5", "4"), month(3, "0", None, None), month(4, "5", None, "6")])
    assert found.actual == {1: 0, 2: 4} and found.forecast == {2: 4, 3: 4, 4: 10} and found.unreported is None
    assert found.unforecast == 5


def test_without_a_plan_nothing_is_known_to_be_due() -> None:
    found = sums([month(1, None), month(2, None, "4")])
    assert found.plan == {} and found.actual == {} and found.unreported == 1


def test_a_forecast_without_any_actual_begins_in_its_first_month() -> None:
    found = sums([month(at, "2", None, "3") for at in range(1, 13)])
    assert found.actual == {} and found.forecast == {at: 3 * at for at in range(1, 13)}


def test_months_are_those_of_a_year_once_each() -> None:
    for periods in ([1, 1], [0], [13]):
        with pytest.raises(ValueError, match=r"each of 1 \(April\) to 12 \(March\) once"):
            sums([month(at, "1") for at in periods])


def test_alternative_tells_position_forecast_and_widest_gap() -> None:
    told = examples.cres_burn_up("a", WIDE).alternative
    assert told == (
        "Achieved by M06: £3.3m, planned by then £3.8m, short by more than 5 %. Plan of the year £10.3m. "
        "Forecast of the year £9.8m. Largest gap so far: M06, £0.6m behind plan."
    )
    assert "plan met" in examples.burn_up_of_a_year("a", WIDE).alternative
    assert examples.burn_up_of_none("a", WIDE).alternative == "No chart: no month has a plan, an actual or a forecast."


@pytest.mark.parametrize(
    ("actual", "said"), [("95", "within 5 %"), ("94.99", "short by more than 5 %"), ("100", "plan met")]
)
def test_tolerance_counts_its_edge(actual: str, said: str) -> None:
    made = burn_up.burn_up(
        [month(1, "100", actual)], ident="a", title="T", unit="u", how=examples.POUNDS, tolerance=Decimal("0.05")
    )
    assert said in made.alternative


@pytest.mark.parametrize("last", range(1, 13))
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_the_newest_actual_is_labelled_in_every_month(last: int, width: float) -> None:
    actuals = tuple(plan - 20 if at < last else None for at, plan in enumerate(PLANS))
    forecasts = tuple(None if at < last else plan for at, plan in enumerate(PLANS))
    made = burn_up.burn_up(
        examples.burn_months(actuals, forecasts), ident="a", title="T", unit="u", how=examples.MILLIONS, width=width
    )
    assert len([text for text in words(root(made)) if text.startswith(f"Actual M{last:02} £")]) == 1


def test_negative_months_are_drawn_below_zero() -> None:
    rows = [month(1, "10", "-30"), month(2, "10", "5")]
    of = root(burn_up.burn_up(rows, ident="a", title="T", unit="u", how=examples.POUNDS))
    y = axis(of, "y")
    assert y.value(centre(keyed(of, "actual")["1"])[1]) == pytest.approx(-30, abs=y.slack)
    assert y.value(centre(keyed(of, "actual")["2"])[1]) == pytest.approx(-25, abs=y.slack)
