"""Files whose name tells a financial year: which March ends it, and what no name tells."""

from __future__ import annotations

from datetime import date

import pytest

from sources.contracts import load_contracts
from sources.member_names import year_end_in_name
from sources.named_years import month_of_named_year
from sources.told import told_by_names

RULE = "financial_year_end_in_name"
RECEIVED = date(2021, 10, 1)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("PREVALENCE_2021_v2.csv.gz", date(2021, 3, 1)),
        ("PREVALENCE_2021.csv", date(2021, 3, 1)),
        ("prevalence_2016-17.csv", date(2017, 3, 1)),
        ("prevalence_2016_2017.csv", date(2017, 3, 1)),
        ("PREVALENCE_1617.csv", date(2017, 3, 1)),
        ("prevalence-2021-22.csv", date(2022, 3, 1)),
        ("PREVALENCE_2122.csv", date(2022, 3, 1)),
        ("PREVALENCE_2020.csv", None),
        ("PREVALENCE_2017.csv", None),
        ("PREVALENCE_2021-03.csv", None),
        ("PREVALENCE_20211001.csv", None),
        ("PREVALENCE_2016-18.csv", None),
        ("PREVALENCE_1516_again_1617.csv", None),
        ("PREVALENCE.csv", None),
    ],
)
def test_which_march_a_name_tells(name: str, end: date | None) -> None:
    assert year_end_in_name(name) == end
    found, sentence = month_of_named_year(RULE, name, None, date(2023, 1, 1))
    assert found == end
    if end is None:
        assert sentence is not None and f"File {name} has no date inside" in sentence and "--period YYYY-03" in sentence


@pytest.mark.parametrize(
    ("name", "stated", "words"),
    [
        ("PREVALENCE_2020.csv", date(2020, 4, 1), "state the March that ends the year, as 2021-03"),
        ("PREVALENCE_2020.csv", date(2020, 2, 1), "state the March that ends the year, as 2020-03"),
        ("PREVALENCE_2021.csv", date(2020, 3, 1), "its name a year that ends in 2021-03"),
        ("PREVALENCE_2122.csv", None, "ends in 2022-03, after the month of receipt"),
    ],
)
def test_what_is_stated_is_a_march_that_the_name_does_not_deny(name: str, stated: date | None, words: str) -> None:
    found, sentence = month_of_named_year(RULE, name, stated, RECEIVED)
    assert found is None and sentence is not None and words in sentence


def test_a_bare_year_is_told_by_who_sends_it() -> None:
    assert month_of_named_year(RULE, "PREVALENCE_2020.csv", date(2020, 3, 1), RECEIVED) == (date(2020, 3, 1), None)


def test_a_refused_file_is_put_right_by_one_of_its_march() -> None:
    contracts = load_contracts()
    told = told_by_names("PREVALENCE_1617.csv", [], contracts["qof_prevalence"], contracts, None, is_private=False)
    assert told.months == (date(2017, 3, 1),)
    weights = contracts["need_weighted_population"]
    assert told_by_names("weights_2016-17.csv", [], weights, contracts, None, is_private=False).months == (
        date(2016, 4, 1),
    )
