"""What changed between two releases: values, nulls, rows, columns, and how it is told."""

from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from pcw.home import Home
from publishing.causes import DEFINITION, NO_FILE
from publishing.diff import diff_files
from publishing.diff_text import FEW, render
from tests.unit.differing import Differ, position
from tests.unit.publishing_build import build_database, release_of


def test_nothing_changed_says_so(differ: Differ) -> None:
    found = differ()
    assert (found.total, found.tables) == (0, ())
    assert found.summary() == "No figure and no definition changed."


def test_a_value_that_becomes_null_is_a_change(moved: Differ) -> None:
    found = moved(
        "update indicator_result set value = null, state = 'withheld' "
        "where org_code = 'N82002' and period_end = '2017-05-31'"
    )
    assert [(c.column, c.before, c.after, c.month) for c in found.changes] == [
        ("state", "ok", "withheld", "2017-05"),
        ("value", "5.0", None, "2017-05"),
    ]
    assert found.summary() == "indicator_result: 1 changed, month 2017-05"
    assert found.changes[0].cause == NO_FILE, "no submission came or went"


def test_rows_that_come_and_go_are_counted_once_each(moved: Differ) -> None:
    found = moved(
        "delete from practice_month where practice_code = 'N82001'",
        "insert into practice_month (practice_code, month, list_size) values ('N82003', '2017-06-01', 7)",
    )
    assert found.summary() == "practice_month: 1 added, 2 removed, months 2017-05..2017-06"
    assert {(c.change, c.key) for c in found.changes} == {
        ("added", "practice_code=N82003, month=2017-06-01"),
        ("removed", "practice_code=N82001, month=2017-05-01"),
        ("removed", "practice_code=N82001, month=2017-06-01"),
    }


def test_a_key_with_a_null_is_matched(moved: Differ) -> None:
    found = moved("update organisation set name = 'New name' where org_code = 'N82001'")
    assert [(c.table, c.before, c.after) for c in found.changes] == [("organisation", "Dr N82001", "New name")]


def test_a_new_column_is_told_once(moved: Differ) -> None:
    found = moved("alter table component add column unit varchar default 'items'")
    assert [(c.table, c.change, c.column, c.cause) for c in found.changes] == [
        ("component", "column added", "unit", DEFINITION)
    ]
    assert found.summary() == "component: other columns"


def test_versions_that_are_numbered_anew_are_no_change(tmp_path: Path) -> None:
    """An older version came late, so that the one that counts is the second now; then it counts with another figure."""
    home = Home(tmp_path / "home").create()

    def made(name: str, *statements: str) -> Path:
        build = build_database(tmp_path)
        with duckdb.connect(str(build)) as connection:
            for statement in statements:
                connection.execute(statement)
        return release_of(home, build, inputs_fingerprint=name).path

    def checked(vintage: int, printed: int) -> str:
        key = f"ledger|99A|2017/18|03|{vintage}|total|Total|ytd_actual"
        return f"insert into finance_reconciliation values ('{key}', 'ledger', {printed}, {vintage}, true)"

    first = made("first", position(3, 1, "true"), checked(1, 100))
    second = made("second", position(3, 1, "false", 7), position(3, 2, "true"), checked(2, 100))
    assert diff_files(first, second).summary() == "No figure and no definition changed."
    third = made("third", position(3, 1, "false"), position(3, 2, "true", 120), checked(2, 120))
    assert [(c.table, c.key, c.column, c.before, c.after) for c in diff_files(first, third).changes] == [
        ("finance_position", "entity_code=99A, financial_year=2017/18, ledger_period=3, level=total, level_code=all",
         "ytd_actual", "100.00", "120.00"),
        ("finance_reconciliation", "check_id=ledger|99A|2017/18|03|total|Total|ytd_actual", "printed", "100.000000",
         "120.000000"),
    ]  # fmt: skip


def test_few_changes_are_told_one_by_one_and_none_without_a_value(moved: Differ) -> None:
    found = moved(
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


def test_many_changes_are_counted_by_table_and_indicator(moved: Differ) -> None:
    found = moved(
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
def test_so_many_changes_are_still_few(moved: Differ, count: int, is_listed: bool) -> None:
    found = moved(
        "insert into practice_month (practice_code, month, list_size) "
        f"select 'N' || range, date '2017-04-01', 1 from range({count})"
    )
    assert found.total == count
    assert ("--all lists each of them" not in render(found, in_full=False)) == is_listed


def test_nothing_is_listed_where_nothing_changed(moved: Differ) -> None:
    found = moved()
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
