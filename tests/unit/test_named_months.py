"""Files without a date inside: which month their name tells, and which names and statements are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from orchestration.peeking import Peek, peek
from sources.contracts import Contract, load_contracts
from sources.named_months import month_told
from sources.receipts import receive
from sources.recognition import recognise_head
from sources.told import told_by_names

CONTRACTS = load_contracts()
SURVEY, RETURNS = CONTRACTS["gp_patient_survey"], CONTRACTS["friends_and_family"]
RECEIVED = date(2017, 8, 29)
HEADER = "Practice_Code,distributed,received,q3_12,q3base,q18_12,q18base"


@pytest.mark.parametrize(
    ("contract", "name", "stated", "month"),
    [
        (SURVEY, "GPPS_2017_Practice_data_(weighted)_(csv)_PUBLIC.csv", None, date(2017, 3, 1)),
        (SURVEY, "survey.csv", date(2016, 3, 1), date(2016, 3, 1)),
        (SURVEY, "GPPS_2017_v20170706.csv", None, date(2017, 3, 1)),
        (RETURNS, "GP FFT May 2017.csv", None, date(2017, 5, 1)),
        (RETURNS, "GP_FFT_2017-05.csv", None, date(2017, 5, 1)),
        (RETURNS, "GP_FFT_2017-05.csv", date(2017, 4, 1), date(2017, 4, 1)),
    ],
)
def test_a_name_or_a_statement_tells_the_month(contract: Contract, name: str, stated: date | None, month: date) -> None:
    assert month_told(contract, name, stated, RECEIVED) == (month, None)


@pytest.mark.parametrize(
    ("contract", "name", "stated", "words"),
    [
        (SURVEY, "GPPS_2016_2017.csv", None, "does not say one year like 2017"),
        (SURVEY, "GPPS.csv", None, "does not say one year like 2017"),
        (SURVEY, "GPPS.csv", date(2017, 7, 1), "State 2017-03 with --period"),
        (SURVEY, "GPPS_2018.csv", None, "after the month of receipt (2017-08)"),
        (RETURNS, "GP_FFT_April_2017_to_May_2017.csv", None, "does not say one month"),
        (RETURNS, "GP_FFT_2017-09.csv", None, "after the month of receipt (2017-08)"),
    ],
)
def test_a_name_that_tells_none_or_two_is_refused(
    contract: Contract, name: str, stated: date | None, words: str
) -> None:
    month, problem = month_told(contract, name, stated, RECEIVED)
    assert month is None and problem is not None
    assert name in problem and words in problem


def test_a_refusal_is_tied_to_the_month_of_its_name() -> None:
    told = told_by_names("GPPS_2017.csv", [], SURVEY, CONTRACTS, None, is_private=False)
    assert (told.dataset, told.months) == ("gp_patient_survey", (date(2017, 3, 1),))


def test_a_run_is_shown_under_the_month_of_the_name(tmp_path: Path) -> None:
    path = tmp_path / "GPPS_2017.csv"
    path.write_text(f"{HEADER}\nN82001,250,100,70,100,70,95\n", encoding="utf-8")
    assert peek(receive(path, datetime(2018, 1, 1, tzinfo=UTC))) == Peek("gp_patient_survey", "2017-03-01")


def test_known_columns_of_a_publication_are_ignored_and_no_others() -> None:
    known = f"{HEADER},Practice_Name,CCG_Code,q28_12pct,Q112_4pct,q30_recoded_1pct"
    row = "\nN82001" + ",1" * known.count(",") + "\n"
    found = recognise_head("GPPS_2017.csv", known + row, CONTRACTS.values())
    assert found.problem is None and found.columns[-1] is None
    found = recognise_head("GPPS_2017.csv", known.replace("q28_12pct", "quite_another") + row, CONTRACTS.values())
    assert found.problem is not None and "(quite_another) is not in the contract" in found.problem
    # Hundreds of ignored columns make a file no less like its contract.
    without = known.replace("Practice_Code", "Practice") + "".join(f",q{number}_1" for number in range(200))
    found = recognise_head("unnamed.csv", without + "\nN82001" + ",1" * without.count(",") + "\n", CONTRACTS.values())
    assert found.contract is SURVEY and found.problem is not None and "Practice_Code is missing" in found.problem


def test_no_other_feed_ignores_columns_by_their_shape() -> None:
    assert [name for name, c in CONTRACTS.items() if any(one.ignored_like for one in c.layouts)] == [
        "gp_patient_survey"
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"layouts": [{"ignored_like": ".*"}]}, "takes every name"),
        ({"period": {"month": None}}, "says which month of the year"),
        ({"period": {"rule": "month_in_name"}}, "says which month of the year"),
    ],
)
def test_a_contract_that_ignores_everything_or_forgets_its_month_is_refused(change: dict, words: str) -> None:
    given = SURVEY.model_dump(by_alias=True)
    for name, value in change.items():
        if name == "layouts":
            given["layouts"] = [{**given["layouts"][0], **value[0]}]
        else:
            given[name] = {**given[name], **value}
    with pytest.raises(ValidationError, match=words):
        Contract.model_validate(given)
