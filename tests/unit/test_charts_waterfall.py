"""Waterfalls: exact sums, bars and arrows read back, steps that are not known."""

from decimal import Decimal
from itertools import accumulate

import pytest

from publishing.charts import waterfall
from publishing.charts.svg import PHONE, WIDE
from publishing.charts.waterfall import Step
from tests import chart_examples as examples
from tests.chart_reading import axis, keyed, labels_fit_ticks, marked, places, root, words

AMOUNTS = [Decimal(of) for of in ("10250000", "-4120000.50", "-3300000", "-1450000", "-600000")]


def drawn(*steps: Step) -> waterfall.Drawing:
    return waterfall.waterfall(steps, ident="a", title="T", unit="GBP", how=examples.POUNDS)


def pounds(label: str, amount: str | None, kind: str = "change") -> Step:
    return Step(label, None if amount is None else Decimal(amount), kind)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_step_goes_from_where_the_one_before_ended(width: float) -> None:
    of = root(examples.cres_waterfall("a", width))
    x = axis(of, "x")
    sums = list(accumulate(AMOUNTS))
    assert labels_fit_ticks(of, examples.MILLIONS, "x") >= 3
    changes = keyed(of, "change")
    assert list(changes) == ["1", "2", "3", "4"]
    for key, bar in changes.items():
        tip = places(bar)
        assert x.value(tip[0][0]) == pytest.approx(float(sums[int(key) - 1]), abs=x.slack)
        assert x.value(tip[2][0]) == pytest.approx(float(sums[int(key)]), abs=x.slack)
    totals = keyed(of, "total")
    for key, value in (("0", sums[0]), ("5", sums[-1])):
        corners = places(totals[key])
        assert x.value(corners[0][0]) == pytest.approx(0, abs=x.slack)
        assert x.value(corners[1][0]) == pytest.approx(float(value), abs=x.slack)


def test_signed_steps_and_totals_read_back() -> None:
    of = root(examples.waterfall_signed("a", WIDE))
    x = axis(of, "x")
    ends = {"0": (0, -1e8), "1": (-1e8, 5e7), "5": (0, 3e7), "6": (3e7, -4e7), "7": (0, -4e7)}
    found = keyed(of, "total") | keyed(of, "change")
    assert set(found) == {*ends, "2"}
    for key, (start, end) in ends.items():
        corners = places(found[key])
        far = corners[2 if len(corners) == 5 else 1]
        assert (x.value(corners[0][0]), x.value(far[0])) == pytest.approx((start, end), abs=x.slack)
    # A step of nothing is a line at the sum, no arrow and no gap.
    assert [x.value(across) for across, _ in places(found["2"])] == pytest.approx([5e7, 5e7], abs=x.slack)


def test_arrows_point_where_the_sum_goes() -> None:
    of = root(examples.waterfall_signed("a", WIDE))
    for key, sign in (("1", 1), ("6", -1)):
        begin, neck, tip, *_ = places(keyed(of, "change")[key])
        assert (tip[0] - neck[0]) * sign > 0 and (neck[0] - begin[0]) * sign > 0


def test_sums_are_exact() -> None:
    rows = waterfall.bars(
        [pounds("Plan", "0.3", "total"), *(pounds(str(at), "-0.1") for at in range(3)), pounds("Gap", None, "total")]
    )
    assert rows[-1].end == 0 and isinstance(rows[-1].end, Decimal)
    assert waterfall.bars([pounds("First", "5"), pounds("Sum", None, "total")])[1].end == 5


def test_a_total_that_is_not_the_sum_is_refused() -> None:
    with pytest.raises(ValueError, match="total 'Gap' is 3, but the steps before it come to 2"):
        drawn(pounds("Plan", "5", "total"), pounds("Done", "-3"), pounds("Gap", "3", "total"))
    drawn(pounds("Plan", "5", "total"), pounds("Done", "-3"), pounds("Gap", "2.00", "total"))


def test_a_step_that_is_not_known_is_no_step_of_zero() -> None:
    steps = (pounds("Plan", "5", "total"), pounds("Done", None), pounds("More", "-1"), pounds("Gap", None, "total"))
    rows = waterfall.bars(steps)
    assert [bar.is_placed for bar in rows] == [True, False, False, False]
    made = drawn(*steps)
    assert [mark.get("data-key") for mark in marked(root(made), "total")] == ["0"] and not marked(root(made), "change")
    said = words(root(made))
    assert "awaiting" in said and "not known" in said and "-£1" in said
    assert "Done: awaiting data, so what follows is not known until the next stated total." in made.alternative


def test_savings_steps_close_the_plan_down_to_the_gap() -> None:
    steps = waterfall.savings_steps(Decimal(10), Decimal(4), Decimal(3), Decimal(2), Decimal("0.5"))
    assert [step.amount for step in steps] == [10, -4, -3, -2, Decimal("-0.5"), None]
    assert waterfall.bars(steps)[-1].end == Decimal("0.5")
    assert (
        waterfall.bars(waterfall.savings_steps(Decimal(1), Decimal(2), Decimal(0), Decimal(0), Decimal(0)))[-1].end
        == -1
    )
    assert waterfall.savings_steps(None, None, None, None, None)[1].amount is None


def test_figures_and_alternative_say_the_same() -> None:
    made = examples.cres_waterfall("a", WIDE)
    for figure in ("£10.3m", "-£4.1m", "-£3.3m", "-£1.5m", "-£0.6m", "£0.8m"):
        assert figure in words(root(made)) and figure in made.alternative
    assert "Largest step: Achieved to date, -£4.1m." in made.alternative
    assert "+£150,000,000" in words(root(examples.waterfall_signed("a", WIDE)))
    assert examples.waterfall_of_none("a", WIDE).alternative == "No chart: no amount is known yet."
    assert drawn().alternative == "No chart: no amount is known yet."
