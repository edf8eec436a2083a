"""What can have caused that a figure changed between two releases: which files came and went."""

from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from publishing.causes import NO_FILE
from publishing.diff import diff_files
from publishing.tables import MARTS
from tests.unit.differing import Differ, position
from tests.unit.publishing_build import build_database, release_of


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
