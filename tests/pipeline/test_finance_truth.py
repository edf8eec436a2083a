"""Every finance figure of the truth of a sample is released exactly, at every level and version.

Belongs here: the comparison, and the samples that it is made for: the small one, and the year of the fifteen savings
schemes. Does not belong here: how truth is worked out (`sources.synthetic.truth_finance`, `truth_cres`).
"""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pcw.settings import Settings
from sources.synthetic.sample import write_sample
from tests.running import Deployed, run_pipeline

Key = tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A sample with its truth, and the deployment that released it."""

    sample: Path
    deployed: Deployed


def made(folder: Path) -> Case:
    """Three clinical months, and the finance of 2019/20 beside them."""
    first, last = date(2017, 4, 1), date(2017, 6, 1)
    finance = (date(2019, 4, 1), date(2020, 3, 1))
    sample = write_sample(folder / "feeds", first, last, practices=8, seed=7, finance=finance).out
    deployed = Deployed(Settings(home=folder / "home"))
    code, lines = run_pipeline(deployed.settings, inbox=sample)
    assert code == 0, "\n".join(lines)
    return Case(sample, deployed)


@pytest.fixture(scope="module", params=["small", pytest.param("savings year", marks=pytest.mark.slow)])
def released_case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Each sample in turn; the small one is that of all tests."""
    if request.param == "small":
        return Case(request.getfixturevalue("small_sample"), request.getfixturevalue("released"))
    return made(tmp_path_factory.mktemp("finance"))


#: Table -> how many columns of its truth are the key, and how the rows are chosen that have a truth.
POSITION_KEY = ("entity_code", "financial_year", "ledger_period", "vintage", "level", "level_code")
SAVINGS_KEY = ("entity_code", "financial_year", "scheme_id")
TABLES: dict[str, tuple[Key, str]] = {
    "finance_position": (POSITION_KEY, ""),
    "finance_reconciliation": (("check_id",), "where source in ('ledger', 'cres_plan')"),
    "cres_scheme": (SAVINGS_KEY, ""),
    "cres_month": ((*SAVINGS_KEY, "reported_month", "month"), ""),
    "cres_position": ((*SAVINGS_KEY, "month"), ""),
}


def truth(sample: Path, table: str) -> tuple[Key, list[dict[str, str]]]:
    """Columns and rows of a file of truth."""
    with (sample / "truth" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return tuple(reader.fieldnames or ()), list(reader)


def text(value: Any) -> str:
    """A released value as truth writes it, but for the zeros at the end of a number."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def same(found: Any, expected: str) -> bool:
    """Missing is missing; numbers are equal to the last penny; everything else to the letter."""
    if isinstance(found, Decimal) and expected:
        return found == Decimal(expected)
    return text(found) == expected


@pytest.mark.parametrize("table", TABLES)
def test_every_finance_figure_of_truth_is_released_exactly(released_case: Case, table: str) -> None:
    key, where = TABLES[table]
    columns, expected = truth(released_case.sample, table)
    rows = released_case.deployed.exact(f"select {', '.join(columns)} from {table} {where}")
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    found = {tuple(text(row[name]) for name in key): row for row in named}
    assert len(found) == len(rows)
    assert len(expected) > 10
    wrong = []
    for row in expected:
        got = found.pop(tuple(row[name] for name in key), None)
        assert got is not None, row
        wrong += [(row, name, got[name]) for name in columns if not same(got[name], row[name])]
    assert wrong == []
    assert found == {}


def test_the_month_3_table_of_the_paper_is_released(released_case: Case) -> None:
    rows = released_case.deployed.exact(
        "select level, level_code, ytd_actual, printed_ytd_actual, ytd_variance, printed_ytd_variance,"
        " forecast_variance"
        " from finance_position where financial_year = '2017/18' and ledger_period = 3 and is_current"
        " and level in ('line', 'programme_area')"
    )
    found = {row[:2]: row[2:] for row in rows}
    area = found["programme_area", "Primary Care Co-Commissioning"]
    assert area == (18_173_848, 18_173_847, 124_533, 124_532, 240_320)
    assert found["line", "Primary Care NHS Property Services Costs"][2:] == (38_597, 38_596, 154_385)
    over = found["line", "Prescribing Expenditure"][4]  # the eight practices' share of 580,349
    assert over == 50_465


def test_the_total_of_savings_is_the_sum_of_the_schemes(released_case: Case) -> None:
    for column in ("plan_ytd", "actual_ytd", "plan_fy", "forecast_fy", "unmitigated_gap"):
        rows = released_case.deployed.exact(
            f"select sum(case when scheme_id = 'total' then {column} end),"
            f" sum(case when scheme_id <> 'total' then {column} end)"
            " from cres_position group by entity_code, financial_year, month"
        )
        assert rows
        assert all(total == schemes for total, schemes in rows), column


def test_no_two_schemes_of_the_sample_claim_the_same(released_case: Case) -> None:
    assert released_case.deployed.exact("select * from cres_overlap") == []
