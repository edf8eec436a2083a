"""Cells as people type them: amounts, dates and what is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.cells import Unfit, amount, date_order_problem, plain
from sources.contracts import Column
from sources.titles import financial_month, month_of, read_title

DAY = Column(name="posted_on", type="date", formats=("%d/%m/%Y", "%d-%b-%y"), description="Day.")
PERIOD = Column(name="ledger_period", type="integer", description="Period.")
TEXT = Column(name="coding_string", type="text", description="Code.")


@pytest.mark.parametrize(
    ("cell", "expected"),
    {
        "1,234.50": "1234.50", "(1,234)": "-1234", "-1234": "-1234", "1234-": "-1234", "£1,234": "1234",
        "£ (5.5)": "-5.5",
        "(£5)": "-5", "−7": "-7", "-": "0", "–": "0", "£-": "0", "+3": "3", " 12 ": "12", "1.000": "1.000", "(0)": "0",
        "-£1,000.00": "-1000.00",
    }.items(),
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(cell: str, expected: str) -> None:
    assert plain(cell, Column(name="amount", type="decimal(18,2)", description="GBP.")) == expected


@pytest.mark.parametrize(
    "cell", ["1,23", "12,34,567", "1.234,56", "(-5)", "-5-", "5 CR", "1.2E+05", "12.345", "n/a", "5%", "()", "#REF!"]
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(Unfit):
        plain(cell, Column(name="amount", type="decimal(18,2)", description="GBP."))


@given(st.decimals(-(10**12), 10**12, places=2))
def test_every_amount_reads_back_however_it_is_written(value) -> None:  # type: ignore[no-untyped-def]
    bracketed = f"({-value:,})" if value < 0 else f"£{value:,}"
    trailing = f"{-value}-" if value < 0 else f"{value}"
    assert float(amount(bracketed, 2)) == float(amount(trailing, 2)) == float(value)


def test_missing_is_not_zero() -> None:
    assert plain("  ", Column(name="amount", type="decimal(18,2)", description="GBP.")) is None


@pytest.mark.parametrize(("cell", "expected"), [("3", "3"), ("03", "3"), ("M03", "3"), ("Month 3", "3"), ("3.0", "3")])
def test_a_period_is_read_as_people_write_it(cell: str, expected: str) -> None:
    assert plain(cell, PERIOD) == expected


def test_dates_are_days_and_their_numbers_are_named() -> None:
    assert plain("28/06/2017", DAY) == plain("28-JUN-17", DAY) == plain("2017-06-28 00:00:00", DAY) == "2017-06-28"
    with pytest.raises(Unfit, match=r"42914 .the number by which Excel knows 28/06/2017"):
        plain("42914", DAY)
    with pytest.raises(Unfit, match="found 31/06/2017"):
        plain("31/06/2017", DAY)
    assert plain("42914", TEXT) == "42914"


def test_mixed_orders_of_day_and_month_are_refused() -> None:
    assert date_order_problem([(2, "28/06/2017"), (3, "05/06/2017")]) is None
    assert date_order_problem([(2, "2017-06-28"), (3, "05-Jun-17")]) is None
    assert "nobody can tell" in (date_order_problem([(2, "28/06/2017"), (3, "06/28/2017")]) or "")
    assert "where the day is expected first" in (date_order_problem([(2, "06/28/2017")]) or "")
    assert "a true date" in (date_order_problem([(2, "2017-05-06"), (3, "28/06/2017")]) or "")


@pytest.mark.parametrize(
    ("text", "year", "period"),
    [
        ("Month 3 2017/18", "2017/18", 3),
        ("Finance report - June 2017", "2017/18", 3),
        ("as at 30 June 2017", "2017/18", 3),
        ("Position at 30/06/2017", "2017/18", 3),
        ("ledger_2017-18_M03.csv", "2017/18", 3),
        ("budget_report_2017-06.xlsx", "2017/18", 3),
        ("Period 13 17/18", "2017/18", 13),
        ("M12 FY2019/2020", "2019/20", 12),
        ("2018-03-31", "2017/18", 12),
    ],
)
def test_a_title_says_year_and_month(text: str, year: str, period: int) -> None:
    assert read_title(text).financial_months() == ((year, period),)


def test_a_title_says_version_and_body_and_nothing_of_other_words() -> None:
    title = read_title("NHS Somewhere CCG (99A), version 2")
    assert (title.versions, title.entities, title.months, title.years) == ((2,), ("99A",), (), ())
    assert read_title("Programme 2 of the market, 12 mayors, 2017/19") == read_title("")
    assert read_title("2010-11").years == ("2010/11",)


@given(st.dates())
def test_months_and_periods_are_one_to_one(day) -> None:  # type: ignore[no-untyped-def]
    if 2000 <= day.year < 2099:
        assert month_of(*financial_month(day)) == day.replace(day=1)
    assert month_of("2017/18", 13) == month_of("2017/18", 12)
