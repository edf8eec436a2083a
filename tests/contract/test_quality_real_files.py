"""QOF prevalence and deprivation as they were published land as they are; sums are made apart from landing."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import LandingOutcome, land
from pcw.home import Home
from pcw.settings import Settings
from sources.manifests import Submission, parquet_files
from sources.receipts import receive

RECEIVED = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
PREVALENCE = "qof/PREVALENCE_2021_v2.csv.gz"
DEPRIVATION = "geography/IMD_by_practice_2010_2015_2019.csv.gz"


def landed(home: Home, path: Path, period: date | None = None) -> LandingOutcome:
    settings = Settings(home=home.root)
    return land(home, settings, receive(path, RECEIVED, period=period))


def raw(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Asked of the file itself, all cells as text."""
    return duckdb.execute(sql.format(raw=f"read_csv('{path}', all_varchar = true)")).fetchall()


def rows(home: Home, submission: Submission, sql: str) -> list[tuple[Any, ...]]:
    files = [file for facts in submission.periods for file in parquet_files(home.landing, submission, facts.period)]
    return duckdb.execute(sql.format(landed=f"read_parquet({files}, hive_partitioning = false)")).fetchall()


def test_prevalence_of_england_lands_under_the_march_that_ends_its_year(home: Home, realdata: Path) -> None:
    outcome = landed(home, realdata / PREVALENCE)
    assert outcome.submission is not None, [verdict.message for verdict in outcome.verdicts if not verdict.passed]
    [facts] = outcome.submission.periods
    assert (facts.period, facts.rows, facts.practices) == (date(2021, 3, 1), 137_991, 6_571)
    sums = "sum({}::bigint), sum({}::bigint)"
    ours = rows(home, outcome.submission, f"select {sums.format('register', 'practice_list_size')} from {{landed}}")
    theirs = raw(realdata / PREVALENCE, f"select {sums.format('REGISTER', 'PRACTICE_LIST_SIZE')} from {{raw}}")
    assert ours == theirs
    assert tuple(facts.control_totals.values()) == tuple(map(Decimal, theirs[0]))
    by_group = "select {}, {}, sum({}::bigint) / sum({}::bigint) from {} group by all order by all"
    assert rows(
        home,
        outcome.submission,
        by_group.format("group_code", "patient_list_type", "register", "practice_list_size", "{landed}"),
    ) == raw(
        realdata / PREVALENCE,
        by_group.format("GROUP_CODE", "PATIENT_LIST_TYPE", "REGISTER", "PRACTICE_LIST_SIZE", "{raw}"),
    )


def test_what_is_odd_in_it_is_told(home: Home, realdata: Path) -> None:
    """One practice that was being wound up, and no register of practices to compare with."""
    outcome = landed(home, realdata / PREVALENCE)
    told = {verdict.check: verdict for verdict in outcome.verdicts if not verdict.passed}
    assert set(told) == {"register_above_list", "practices_few_unknown"}
    assert told["register_above_list"].unexpected_count == 1
    assert "practice_code = Y05750, group_code = LD" in told["register_above_list"].message


def test_its_practices_are_known_to_a_register_of_four_years_before(home: Home, realdata: Path) -> None:
    assert landed(home, realdata / "ods" / "epraccur_2017-03-label.csv.gz").submission is not None
    outcome = landed(home, realdata / PREVALENCE)
    assert outcome.submission is not None
    [unknown] = [verdict for verdict in outcome.verdicts if verdict.check == "practices_few_unknown"]
    assert not unknown.passed and unknown.unexpected_count < 21 * 6_571 * 0.05


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PREVALENCE_2020.csv.gz", "its name no financial year like 2016-17"),
        ("PREVALENCE.csv.gz", "its name no financial year like 2016-17"),
    ],
)
def test_under_a_name_that_tells_no_year_it_waits_for_its_march(
    home: Home, realdata: Path, tmp_path: Path, name: str, words: str
) -> None:
    path = Path(shutil.copy(realdata / PREVALENCE, tmp_path / name))
    refused = landed(home, path)
    assert refused.submission is None and refused.refusal is not None and words in refused.refusal.message
    assert landed(home, path, period=date(2021, 3, 1)).periods == (date(2021, 3, 1),)


def test_all_editions_of_the_deprivation_score_land(home: Home, realdata: Path) -> None:
    outcome = landed(home, realdata / DEPRIVATION)
    assert outcome.submission is not None, [verdict.message for verdict in outcome.verdicts if not verdict.passed]
    assert outcome.periods == (date(2019, 1, 1),)
    ours = rows(
        home,
        outcome.submission,
        "select year(imd_year), count(*), sum(imd_score::decimal(18, 9)) from {landed} group by all order by all",
    )
    theirs = raw(
        realdata / DEPRIVATION,
        "select Year::bigint, count(*), sum(Value::decimal(18, 9)) from {raw} group by all order by all",
    )
    assert ours == theirs
    assert [(edition, count) for edition, count, _ in ours] == [(2010, 8222), (2015, 7878), (2019, 6980)]
