"""What changed between two releases: values, nulls, rows, columns, and what can have caused it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from pcw.home import Home
from publishing import shelf
from publishing.causes import DEFINITION, NO_FILE
from publishing.diff import Diff, diff_files
from publishing.diff_text import FEW, render
from publishing.tables import MARTS
from tests.unit.publishing_build import build_database, release_of

Differ = Callable[..., Diff]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("published")
    home = Home(folder / "home").create()
    release_of(home, build_database(folder))
    return home


@pytest.fixture
def differ(published: Home, tmp_path: Path) -> Differ:
    """Change a build that is published by SQL, publish it too, compare both."""
    home = Home(tmp_path / "home")
    shutil.copytree(published.root, home.root, symlinks=True)
    [first] = shelf.releases(home)

    def compare(*statements: str, submission: str = "aaa") -> Diff:
        build = build_database(tmp_path, submission=submission)
        with duckdb.connect(str(build)) as connection:
            for statement in statements:
                connection.execute(statement)
        second = release_of(home, build, inputs_fingerprint="changed")
        return diff_files(first.path, second.path)

    return compare


@pytest.fixture
def moved(published: Home, tmp_path: Path) -> Differ:
    """Change a copy of the release itself: what a change is and what caused it needs no second one to be published."""
    [first] = shelf.releases(published)
    second = tmp_path / "second.duckdb"

    def compare(*statements: str) -> Diff:
        shutil.copy(first.path, second)
        second.chmod(0o600)
        with duckdb.connect(str(second)) as connection:
            for statement in statements:
                connection.execute(statement)
        return diff_files(first.path, second)

    return compare


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


def test_the_cause_is_what_came_and_went_in_that_month(differ: Differ) -> None:
    found = differ(
        "update component_value set value = 99 where practice_code = 'N82001'",
        "update indicator_result set value = 99 where practice_code = 'N82001'".replace("practice_code", "org_code"),
        submission="bbb",
    )
    causes = {(c.table, c.month): c.cause for c in found.changes}
    assert causes == {
        ("component_value", "2017-05"): NO_FILE,
        ("component_value", "2017-06"): "epd aaa, epd bbb",
        ("indicator_result", "2017-05"): NO_FILE,
        ("indicator_result", "2017-06"): "epd aaa, epd bbb",
    }


def test_a_register_that_no_indicator_names_can_move_them_all(differ: Differ) -> None:
    found = differ(
        "update indicator_result set value = 99 where org_code = 'N82001'",
        "insert into feed.submission (dataset, submission_id, period, is_current) "
        "values ('practice_successors', 'zzz', '2017-06-01', true)",
    )
    came = "practice_successors zzz"
    assert {(c.month, c.cause) for c in found.changes} == {("2017-05", came), ("2017-06", came)}, "in today's view too"


def position(period: int, vintage: int, is_current: str, actual: int = 100) -> str:
    return (
        "insert into finance_position values ('99A', '2017/18', "
        f"{period}, {vintage}, 'total', 'all', {actual}, null, '2017-08-0{vintage}', {is_current})"
    )


def came(*submissions: tuple[str, str, str], table: str = "feed.submission") -> str:
    rows = ", ".join(f"('{dataset}', '{name}', '{period}', true)" for dataset, name, period in submissions)
    return f"insert into {table} (dataset, submission_id, period, is_current) values {rows}"


@pytest.mark.parametrize(
    ("table", "key", "file", "cause"),
    [
        # Actual cost to date of a vintage is behind by two months and begins in April.
        ("finance_forecast", "'99A', '2017/18', '2017-08-01'", ("epd", "april", "2017-04-01"), "epd april"),
        ("finance_forecast", "'99A', '2017/18', '2017-04-01'", ("epd", "april", "2017-06-01"), None),
        # The month alone is the year to date less that of the period before.
        ("finance_position", "'99A', '2017/18', 4, 1, 'total', 'all'", ("ledger", "june", "2017-06-01"), "ledger june"),
        ("finance_position", "'99A', '2017/18', 2, 1, 'total', 'all'", ("ledger", "june", "2017-06-01"), None),
        # A later report says that an earlier one is not the newest any more.
        ("cres_position", "'99A', '2017/18', 'S1', '2017-06-01'", ("cres_tracker", "july", "2017-07-01"), "july"),
        ("component_value", "'rx_items', 'N82001', '2017-04-01'", ("epd", "june", "2017-06-01"), None),
        # Any snapshot of the register may be the newest of a practice.
        ("component_value", "'rx_items', 'N82009', '2017-05-01'", ("epraccur", "autumn", "2017-09-01"), "autumn"),
        ("finance_position", "'99A', '2017/18', 2, 1, 'practice', 'A1'", ("epraccur", "late", "2018-01-01"), "late"),
        # A claim of a later month says that one was missed.
        ("rebate_position", "'99A', 'T1', '2017-06-01'", ("rebate_claim", "july", "2017-07-01"), "rebate_claim july"),
        # A line that was booked later belongs to its journal.
        ("finance_accrual", "'99A', 'J1', '2017/18', 3", ("ledger_journal", "may", "2017-08-01"), "ledger_journal may"),
        ("provider_performance", "'rtt', 'RQ6', 'AE', '2017-06-01'", ("monthly_ae", "june", "2017-06-01"), "june"),
        ("provider_performance", "'rtt', 'RQ6', 'AE', '2017-06-01'", ("monthly_ae", "july", "2017-07-01"), None),
        ("provider_performance", "'rtt', 'RQ6', 'AE', '2017-06-01'", ("epd", "june", "2017-06-01"), None),
        # Whether a contract is of an expected practice is told by its list; the next register tells of itself.
        ("practice_contract", "'2017-06-01', 'N82001'", ("practice_contract", "june", "2017-06-01"), "june"),
        ("practice_contract", "'2017-06-01', 'N82001'", ("gp_list_quin_age", "june", "2017-06-01"), "june"),
        ("practice_contract", "'2017-06-01', 'N82001'", ("practice_contract", "july", "2017-07-01"), None),
        ("practice_contract", "'2017-06-01', 'N82001'", ("epd", "june", "2017-06-01"), None),
        # Of no month: any file of its families can have moved it.
        ("cqc_inspection", "'N82001', '2017-06-09'", ("cqc_rating", "july", "2017-07-01"), "cqc_rating july"),
        ("contract_event", "'V170601'", ("contract_event", "late", "2017-08-01"), "contract_event late"),
        (
            "complaint_summary",
            "'99A', '2016/17', 'theme', 'other'",
            ("complaint", "year", "2017-03-01"),
            "complaint year",
        ),
        ("complaint_summary", "'99A', '2016/17', 'theme', 'other'", ("epd", "june", "2017-06-01"), None),
        # Rows reach to the last month that any feed has, also of a month that nobody sent.
        ("practice_month", "'N82009', '2017-04-01'", ("gp_list_quin_age", "july", "2017-07-01"), "july"),
    ],
)
def test_a_figure_has_the_cause_of_every_month_that_it_reads(
    moved: Differ, table: str, key: str, file: tuple[str, str, str], cause: str | None
) -> None:
    columns = ", ".join(next(mart.key for mart in MARTS if mart.name == table))
    current = (", is_current", ", true") if table == "finance_position" else ("", "")
    later = (("epd", "later", "2017-09-01"), ("ledger", "later", "2017-09-01"))  # else the newest file serves on
    files = came(file, *later, table="submission")
    found = moved(f"insert into {table} ({columns}{current[0]}) values ({key}{current[1]})", files)
    [change] = found.changes
    if cause is None:
        assert change.cause == NO_FILE
    else:
        assert cause in str(change.cause)
        assert "epd later" not in str(change.cause) or table in {"practice_month", "rebate_position"}


def test_a_baseline_of_long_ago_is_a_cause_only_where_nothing_newer_is(tmp_path: Path) -> None:
    home, builds = Home(tmp_path / "home").create(), []
    changed = "update indicator_result set baseline_value = 9 where org_code = 'N82001' and period_end = '2017-06-30'"
    since = came(("epd", "since", "2013-05-01"))
    for name, statements in {
        "first": [since],
        "baseline": [since, came(("epd", "old", "2013-04-01")), changed],
        "newer": [since, came(("epd", "old", "2013-04-01"), ("epd", "new", "2017-06-01")), changed],
    }.items():
        build = build_database(tmp_path)
        with duckdb.connect(str(build)) as connection:
            for statement in statements:
                connection.execute(statement)
        builds.append(release_of(home, build, inputs_fingerprint=name).path)
    first, baseline, newer = builds
    assert [c.cause for c in diff_files(first, baseline).changes] == ["epd old"]
    assert [c.cause for c in diff_files(first, newer).changes] == ["epd new"]


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


def test_finance_moves_finance_and_no_activity(differ: Differ) -> None:
    """A ledger is named by no indicator, and is no register either; its rows are about a period of a financial year."""
    found = differ(
        "update indicator_result set value = 99 where org_code = 'N82001'",
        *(position(period, 1, "true") for period in (3, 13, 2)),
        "insert into finance_reconciliation values ('ledger|99A', 'ledger', 1, 1, true)",
        "insert into feed.submission (dataset, submission_id, period, is_current) values"
        " ('ledger', 'zzz', '2017-06-01', true), ('ledger', 'yyy', '2018-03-01', true),"
        " ('epd', 'ccc', '2017-06-01', true)",
    )
    assert {(c.table, c.month, c.cause) for c in found.changes} == {
        ("indicator_result", "2017-05", NO_FILE),
        ("indicator_result", "2017-06", "epd ccc"),
        ("finance_position", "2017-05", NO_FILE),
        ("finance_position", "2017-06", "ledger zzz"),
        ("finance_position", "2018-03", "ledger yyy"),
        ("finance_reconciliation", None, "ledger yyy, ledger zzz"),
    }


@pytest.mark.parametrize("feed", ["sus_aea", "sus_ec"])
def test_a_feed_that_only_another_indicator_reads_is_no_cause(differ: Differ, feed: str) -> None:
    found = differ(
        "insert into indicator values ('attendances', '2017-18', 'Attendances', 'sus_ae', 1000, 1)",
        "update indicator_result set value = 99 where org_code = 'N82001'",
        "insert into feed.submission (dataset, submission_id, period, is_current) "
        f"values ('{feed}', 'zzz', '2017-06-01', true)",
    )
    assert {c.cause for c in found.changes} == {NO_FILE}


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
