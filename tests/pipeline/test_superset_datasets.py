"""What the Superset dashboard reads: each dataset runs on a release, has its grain, and says why there is no value."""

import re
from decimal import Decimal

import duckdb
import pytest

from tests.pipeline.test_exposures import MODELS, exposures
from tests.running import Deployed
from tests.superset_reading import KEYS, datasets

OF_THE_RELEASE = {"release", "feed_month"}  # tables that every release has and dbt has not


@pytest.mark.parametrize("name", sorted(datasets()))
def test_a_dataset_has_its_columns_and_its_grain(released: Deployed, name: str) -> None:
    one = datasets()[name]
    described = released.query(f"describe {one['sql']}")
    assert [(row[0], row[1].split("(")[0]) for row in described] == [
        (c["column_name"], c["type"]) for c in one["columns"]
    ]
    key = ", ".join(KEYS[name])
    assert released.query(f"select {key}, count(*) from ({one['sql']}) group by all having count(*) > 1") == []
    assert released.query(f"select count(*) from ({one['sql']})") > [(0,)]


def test_the_exposure_depends_on_what_the_datasets_read() -> None:
    read: set[str] = set()
    for one in datasets().values():
        own = set(re.findall(r"(\w+) as \(\n", one["sql"]))  # parts of the query itself
        read |= set(duckdb.connect().get_table_names(one["sql"])) - own
    assert read - MODELS == OF_THE_RELEASE
    assert read & MODELS == exposures()["superset_dashboard"]


@pytest.mark.parametrize("name", ["indicator_positions", "practice_league", "indicator_trend"])
def test_a_status_says_why_there_is_no_value_and_no_value_is_never_zero(released: Deployed, name: str) -> None:
    found = released.query(f"select distinct status, value is null from ({datasets()[name]['sql']})")
    without = {status for status, is_null in found if is_null}
    assert without <= {"awaiting", "withheld", "suppressed", "no value"}
    assert without.isdisjoint(status for status, is_null in found if not is_null)
    assert "awaiting" in without


def test_suppressed_figures_of_practices_are_told(released: Deployed) -> None:
    hidden = released.query(
        f"select count(*) from ({datasets()['practice_league']['sql']})"
        " where status = 'suppressed' and month_chosen <> 'newest'"
    )
    [(expected,)] = released.query(
        "select count(*) from indicator_result where org_type = 'practice' and org_view = 'as_at' and is_headline"
        " and state = 'ok' and value is null and state_reason like '%not shown%' and org_code in"
        " (select org_code from organisation where commissioner_code = '99A')"
    )
    assert hidden == [(expected,)] and expected > 0


def test_the_league_has_practices_of_its_commissioners_and_neighbourhoods_by_name(released: Deployed) -> None:
    league = datasets()["practice_league"]["sql"]
    found = released.query(f"select distinct commissioner, practice_code, neighbourhood from ({league})")
    assert {row[0] for row in found} == {"99A"}
    others = released.query(
        "select org_code from organisation where org_type = 'practice' and commissioner_code <> '99A'"
    )
    assert others and {row[1] for row in found}.isdisjoint(code for (code,) in others)
    names = {name for (name,) in released.query("select name from organisation where org_type = 'neighbourhood'")}
    assert names & {row[2] for row in found} and {row[2] for row in found} <= names | {"not known"}
    outliers = datasets()["outliers"]["sql"]
    shown = {name for (name,) in released.query(f"select distinct neighbourhood from ({outliers})")}
    assert names & shown and shown <= names | {"not known"}
    [(rows,)] = released.query(f"select count(*) from ({outliers})")
    assert [(rows,)] == released.query(
        "select count(*) from practice_outlier as o where period_end ="
        " (select max(period_end) from practice_outlier as newest where newest.indicator_id = o.indicator_id)"
    )


def test_the_trend_puts_a_period_at_the_month_that_it_ends_in(released: Deployed) -> None:
    trend = datasets()["indicator_trend"]["sql"]
    for end, month in released.query(f"select distinct period_end, month from ({trend})"):
        assert (month.year, month.month, month.day) == (end.year, end.month, 1)


def test_statuses_are_those_of_the_rows_of_the_release(released: Deployed) -> None:
    """A plain second way: row by row, in Python."""
    words = {"green": "achieving", "yellow": "partly achieving", "red": "not achieving"}
    rows = released.query(
        "select org_code, indicator_id, value, target, rag, state, state_reason from indicator_latest"
        " where org_type = 'commissioner' and org_view = 'as_at' and is_headline"
    )
    expected = {}
    for code, indicator, value, target, rag, state, reason in rows:
        said = words[rag] if rag else "no target" if target is None else "not judged yet"
        if value is None:
            said = "suppressed" if "not shown" in (reason or "") else "no value"
        expected[code, indicator] = (state if state != "ok" else said, value, target)
    found = released.query(
        f"select commissioner, indicator_id, status, value, target from ({datasets()['indicator_positions']['sql']})"
    )
    assert {(row[0], row[1]): row[2:] for row in found} == expected


def test_the_newest_month_of_an_indicator_is_its_own_and_has_a_figure(released: Deployed) -> None:
    sql = datasets()["practice_league"]["sql"]
    newest = released.query(f"select distinct indicator_id, period_end from ({sql}) where month_chosen = 'newest'")
    [(indicators,)] = released.query(f"select count(distinct indicator_id) from ({sql})")
    assert len(newest) == indicators
    # Not the newest month of all: of what is awaited then nobody would see anything.
    dated = released.query(
        f"select indicator_id, coalesce(max(case when status not in ('awaiting', 'withheld') then period_end end),"
        f" max(period_end)) from ({sql}) where month_chosen <> 'newest' group by all"
    )
    assert sorted(newest) == sorted(dated)


def test_savings_add_up_to_their_total(released: Deployed) -> None:
    rows = released.query(f"select is_total, plan_ytd, actual_ytd from ({datasets()['savings']['sql']})")
    for column in (1, 2):
        parts = sum((row[column] for row in rows if not row[0]), Decimal(0))
        assert [row[column] for row in rows if row[0]] == [parts]
