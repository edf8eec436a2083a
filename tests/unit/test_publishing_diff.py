"""What changed between two releases: values, nulls, rows, columns, and what can have caused it."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from pcw.home import Home
from publishing.diff import Diff, diff_files
from publishing.diff_text import FEW, render
from tests.unit.publishing_build import build_database, release_of

Differ = Callable[..., Diff]


@pytest.fixture
def differ(tmp_path: Path) -> Differ:
    """Publish a build, change another by SQL, publish it too, compare both."""
    home = Home(tmp_path / "home").create()

    def compare(*statements: str, submission: str = "aaa") -> Diff:
        first = release_of(home, build_database(tmp_path))
        build = build_database(tmp_path, submission=submission)
        with duckdb.connect(str(build)) as connection:
            for statement in statements:
                connection.execute(statement)
        second = release_of(home, build, inputs_fingerprint="changed")
        return diff_files(first.path, second.path)

    return compare


def test_nothing_changed_says_so(differ: Differ) -> None:
    found = differ()
    assert (found.total, found.tables) == (0, ())
    assert found.summary() == "No figure and no definition changed."


def test_a_value_that_becomes_null_is_a_change(differ: Differ) -> None:
    found = differ(
        "update indicator_result set value = null, state = 'withheld' "
        "where org_code = 'N82002' and period_end = '2017-05-31'"
    )
    assert [(c.column, c.before, c.after, c.month) for c in found.changes] == [
        ("state", "ok", "withheld", "2017-05"),
        ("value", "5.0", None, "2017-05"),
    ]
    assert found.summary() == "indicator_result: 1 changed, month 2017-05"
    assert found.changes[0].cause is None, "no submission came or went"


def test_rows_that_come_and_go_are_counted_once_each(differ: Differ) -> None:
    found = differ(
        "delete from practice_month where practice_code = 'N82001'",
        "insert into practice_month (practice_code, month, list_size) values ('N82003', '2017-06-01', 7)",
    )
    assert found.summary() == "practice_month: 1 added, 2 removed, months 2017-05..2017-06"
    assert {(c.change, c.key) for c in found.changes} == {
        ("added", "practice_code=N82003, month=2017-06-01"),
        ("removed", "practice_code=N82001, month=2017-05-01"),
        ("removed", "practice_code=N82001, month=2017-06-01"),
    }


def test_a_key_with_a_null_is_matched(differ: Differ) -> None:
    found = differ("update organisation set name = 'New name' where org_code = 'N82001'")
    assert [(c.table, c.before, c.after) for c in found.changes] == [("organisation", "Dr N82001", "New name")]


def test_a_new_column_is_told_once(differ: Differ) -> None:
    found = differ("alter table component add column unit varchar default 'items'")
    assert [(c.table, c.change, c.column) for c in found.changes] == [("component", "column added", "unit")]
    assert found.summary() == "component: other columns"


def test_the_cause_is_what_came_and_went_in_that_month(differ: Differ) -> None:
    found = differ(
        "update component_value set value = 99 where practice_code = 'N82001'",
        "update indicator_result set value = 99 where practice_code = 'N82001'".replace("practice_code", "org_code"),
        submission="bbb",
    )
    causes = {(c.table, c.month): c.cause for c in found.changes}
    assert causes == {
        ("component_value", "2017-05"): None,
        ("component_value", "2017-06"): "epd aaa, epd bbb",
        ("indicator_result", "2017-05"): None,
        ("indicator_result", "2017-06"): "epd aaa, epd bbb",
    }


def test_a_register_that_no_indicator_names_can_move_them_all(differ: Differ) -> None:
    found = differ(
        "update indicator_result set value = 99 where org_code = 'N82001'",
        "insert into feed.submission (dataset, submission_id, period, is_current) "
        "values ('practice_successors', 'zzz', '2017-06-01', true)",
    )
    assert {(c.month, c.cause) for c in found.changes} == {("2017-05", None), ("2017-06", "practice_successors zzz")}


def test_finance_moves_finance_and_no_activity(differ: Differ) -> None:
    """A ledger is named by no indicator, and is no register either; its rows are about a period of a financial year."""
    found = differ(
        "update indicator_result set value = 99 where org_code = 'N82001'",
        "insert into finance_position (entity_code, financial_year, ledger_period, vintage, level, level_code) values"
        " ('99A', '2017/18', 3, 1, 'total', 'all'), ('99A', '2017/18', 13, 1, 'total', 'all'),"
        " ('99A', '2017/18', 2, 1, 'total', 'all')",
        "insert into finance_reconciliation values ('ledger|99A', 'ledger', 1)",
        "insert into feed.submission (dataset, submission_id, period, is_current) values"
        " ('ledger', 'zzz', '2017-06-01', true), ('ledger', 'yyy', '2018-03-01', true),"
        " ('epd', 'ccc', '2017-06-01', true)",
    )
    assert {(c.table, c.month, c.cause) for c in found.changes} == {
        ("indicator_result", "2017-05", None),
        ("indicator_result", "2017-06", "epd ccc"),
        ("finance_position", "2017-05", None),
        ("finance_position", "2017-06", "ledger zzz"),
        ("finance_position", "2018-03", "ledger yyy"),
        ("finance_reconciliation", None, "ledger yyy, ledger zzz"),
    }


@pytest.mark.parametrize("feed", ["sus_aea", "sus_ec"])
def test_a_feed_that_only_another_indicator_reads_is_no_cause(differ: Differ, feed: str) -> None:
    found = differ(
        "insert into indicator values ('attendances', '2017-18', 'Attendances', 'sus_ae', 1000)",
        "update indicator_result set value = 99 where org_code = 'N82001'",
        "insert into feed.submission (dataset, submission_id, period, is_current) "
        f"values ('{feed}', 'zzz', '2017-06-01', true)",
    )
    assert {c.cause for c in found.changes} == {None}


def test_few_changes_are_told_one_by_one_and_none_without_a_value(differ: Differ) -> None:
    found = differ(
        "update indicator_result set state = 'awaiting' where org_code = 'N82002' and period_end = '2017-05-31'",
        "update component_value set value = null where practice_code = 'N82001' and month = '2017-05-01'",
        "insert into practice_month (practice_code, month, list_size) values ('N82003', '2017-06-01', 7)",
        "alter table component add column unit varchar default 'items'",
    )
    page = render(found, in_full=False).splitlines()
    assert page[len(found.tables) :] == [
        "component unit: column added",
        "component_value component_id=rx_items, practice_code=N82001, month=2017-05-01 value: 5.00000 -> (none)",
        "indicator_result indicator_id=items-rate, version=2017-18, variant=all, org_view=as_at, org_type=practice, "
        "org_code=N82002, period_end=2017-05-31 state: ok -> awaiting",
        "practice_month practice_code=N82003, month=2017-06-01: added",
    ]
    assert "None" not in "".join(page)


def test_many_changes_are_counted_by_table_and_indicator(differ: Differ) -> None:
    found = differ(
        "update indicator_result set state = 'awaiting', value = null",
        "update indicator_result set state = null where org_code = 'N82002' and period_end = '2017-05-31'",
        "insert into practice_month (practice_code, month, list_size) "
        "select 'N' || range, date '2017-04-01' + to_months(range::int % 3), 1 "
        "from range(40)",
    )
    assert render(found, in_full=False).splitlines() == [
        "indicator_result: 4 changed, months 2017-05..2017-06",
        "  items-rate state ok -> awaiting: 3 changed, months 2017-05..2017-06",
        "  items-rate state ok -> (none): 1 changed, month 2017-05",
        "  items-rate value: 4 changed, months 2017-05..2017-06",
        "practice_month: 40 added, months 2017-04..2017-06",
        "48 changes; --all lists each of them.",
    ]
    assert found.total == len(found.changes) == 48
    in_full = render(found, in_full=True).splitlines()
    assert len(in_full) == len(found.tables) + found.total
    assert "practice_month practice_code=N39, month=2017-04-01: added" in in_full


@pytest.mark.parametrize(("count", "is_listed"), [(FEW, True), (FEW + 1, False)])
def test_so_many_changes_are_still_few(differ: Differ, count: int, is_listed: bool) -> None:
    found = differ(
        "insert into practice_month (practice_code, month, list_size) "
        f"select 'N' || range, date '2017-04-01', 1 from range({count})"
    )
    assert found.total == count
    assert ("--all lists each of them" not in render(found, in_full=False)) == is_listed


def test_nothing_is_listed_where_nothing_changed(differ: Differ) -> None:
    found = differ()
    assert render(found, in_full=True) == render(found, in_full=False) == "No figure and no definition changed."


def test_the_command_counts_many_changes_and_lists_them_all_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home").create()
    first = release_of(home, build_database(tmp_path))
    build = build_database(tmp_path)
    with duckdb.connect(str(build)) as connection:
        connection.execute(
            "insert into practice_month (practice_code, month, list_size) "
            "select 'N' || range, '2017-06-01', 1 from range(1500)"
        )
    second = release_of(home, build, inputs_fingerprint="changed")
    assert len(diff_files(first.path, second.path).changes) == 1000
    monkeypatch.setenv("PCW_HOME", str(home.root))
    named = ["diff", first.release_id, second.release_id]
    counted, listed = (CliRunner().invoke(app, [*named, *more]).stdout.splitlines() for more in ([], ["--all"]))
    assert counted == [
        "practice_month: 1500 added, month 2017-06", "1,500 changes; --all lists each of them.",
    ]  # fmt: skip
    assert (len(listed), listed[0]) == (1501, counted[0])
