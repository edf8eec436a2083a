"""The runner: one verdict per check whatever happens, failures that say where, secrets kept, nothing left open."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.gx_engine import opened_once
from expectations.runner import missing_verdicts, run_suite
from expectations.suites import Suite
from expectations.verdict import ScopeEntry, Verdict
from pcw.ending import noticed
from publishing.gates import ReleaseBlocked, assert_gates

WORDS = {"why": "Because.", "message": "{file}: {unexpected_count} of {rows_checked} ({examples}).", "fix": "Mend it."}


def suite_of(*checks: dict[str, Any], **rest: Any) -> Suite:
    """A suite on table `staged`."""
    told = [{"severity": "block", **WORDS, **check} for check in checks]
    return Suite.model_validate(
        {"suite": "feed", "stage": "rows", "owner": "someone", "relation": "staged", "checks": told, **rest}
    )


NOT_NULL = {"id": "code_present", "expectation": "ExpectColumnValuesToNotBeNull", "kwargs": {"column": "code"}}
SMALL = {"id": "small", "expectation": "ExpectColumnValuesToBeBetween", "kwargs": {"column": "items", "max_value": 10}}
BIG_ROWS = {"id": "big", "unexpected_rows": "select * from {batch} where items > 10", "columns": ["code", "items"]}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "batch.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("""
            create table staged as select 'A' || i as code, i as items, i + 1 as source_row, 'secret ' || i as name,
                date '2017-04-01' as month, 'P' || i % 2 as practice_code from range(20) r(i)
        """)
    return path


def one(suite: Suite, database: Path | str | duckdb.DuckDBPyConnection, **rest: Any) -> Verdict:
    (verdict,) = run_suite(suite, database, "staged", **rest)
    return verdict


def test_passed_verdict_carries_where_it_comes_from(database: Path) -> None:
    verdict = one(suite_of(NOT_NULL), database, period=date(2017, 4, 1), submission_id="s1", file_name="a.csv")
    assert verdict == Verdict(
        "feed", "rows", "code_present", "block", True, 20, 0, (), "Holds for 20 rows of staged.", "someone",
        date(2017, 4, 1), "s1",
    )  # fmt: skip


@pytest.mark.parametrize("check", [SMALL, BIG_ROWS], ids=["expectation", "sql"])
def test_failure_names_file_row_column_and_value(database: Path, check: dict[str, Any]) -> None:
    verdict = one(suite_of(check), database, file_name="a.csv")
    assert (verdict.passed, verdict.unexpected_count, verdict.rows_checked) == (False, 9, 20)
    assert len(verdict.examples) == 5
    assert verdict.examples[0].startswith("row 12: ") and "items = 11" in verdict.examples[0]
    assert verdict.message.startswith("a.csv: 9 of 20 (row 12: ") and verdict.message.endswith("Mend it.")


def test_rows_given_by_the_caller_are_not_counted_again(database: Path) -> None:
    assert one(suite_of(NOT_NULL), database, rows=7).rows_checked == 7


def test_values_are_cut_and_hidden_columns_stay_hidden(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("update staged set code = repeat('x', 500) where items = 11")
    check = {**BIG_ROWS, "columns": ["code", "name"]}
    verdict = one(suite_of(check, redact=["name"]), database)
    assert len(verdict.examples[0]) < 120 and "…" in verdict.examples[0]
    assert "secret" not in str(verdict) and "name = (hidden)" in verdict.examples[0]


def test_hidden_column_is_hidden_for_a_named_expectation(database: Path) -> None:
    rule = {"id": "none", "expectation": "ExpectColumnValuesToBeNull", "kwargs": {"column": "name"}}
    verdict = one(suite_of(rule, redact=["name"]), database)
    assert not verdict.passed and "secret" not in str(verdict)


def test_driver_error_about_a_hidden_suite_quotes_no_value(database: Path) -> None:
    cast = {"id": "cast", "unexpected_rows": "select * from {batch} where name::int > 0"}
    verdict = one(suite_of(cast, redact=["name"]), database)
    assert not verdict.passed and "secret" not in verdict.message and "Conversion Error" in verdict.message


@pytest.mark.parametrize("check", [SMALL, BIG_ROWS], ids=["expectation", "sql"])
def test_a_suite_about_patients_shows_only_what_it_names(database: Path, check: dict[str, Any]) -> None:
    verdict = one(suite_of({**check, "columns": ["items", "name"]}, redact_all_but=["source_row"]), database)
    assert not verdict.passed and "secret" not in str(verdict)
    assert verdict.examples[0].startswith("row 12: ") and "11" not in verdict.examples[0]


@pytest.mark.parametrize("value", ["L8 7XX SMITH", "SMITH", "L87XX", "L187XX", "310517", "1931-05-17", "O'Hara", "rq6"])
def test_what_shifted_into_a_code_of_a_suite_about_patients_is_not_shown(database: Path, value: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("update staged set code = $1", [value])
    verdict = one(suite_of(BIG_ROWS, redact_all_but=["source_row", "code", "items"]), database)
    assert verdict.examples[0] == "row 12: code = (hidden), items = 11"
    assert value not in str(verdict)


@pytest.mark.parametrize("value", ["RQ6", "RQ601", "320", "9", "Y", "None"])
def test_codes_and_counts_of_a_suite_about_patients_are_shown(database: Path, value: str) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("update staged set code = nullif($1, 'None')", [value])
    sql = (
        "select source_row, code, month, 1.5 as share, 'gp_practice_code' as code_column from {batch} where items > 10"
    )
    check = {"id": "big", "unexpected_rows": sql}
    shown = ["source_row", "code", "month", "share", "code_column"]
    verdict = one(suite_of(check, redact_all_but=shown), database)
    code = "empty" if value == "None" else value
    expected = f"row 12: code = {code}, month = 2017-04-01, share = 1.5, code_column = gp_practice_code"
    assert verdict.examples[0] == expected


def test_driver_error_of_a_suite_about_patients_quotes_no_value(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("update staged set name = 'O''Secret'")
    cast = {"id": "cast", "unexpected_rows": "select * from {batch} where name::int > 0"}
    verdict = one(suite_of(cast, redact_all_but=["source_row"]), database)
    assert not verdict.passed and "Secret" not in verdict.message and "Conversion Error" in verdict.message


FAIL_CLOSED = {
    "unknown column": {"id": "x", "expectation": "ExpectColumnValuesToNotBeNull", "kwargs": {"column": "nowhere"}},
    "unknown column in SQL": {"id": "x", "unexpected_rows": "select nowhere from {batch}"},
    "unknown context table": {"id": "x", "unexpected_rows": "select * from {batch} where code in (select c from gone)"},
    "unknown expectation": {"id": "x", "expectation": "ExpectMiracles", "kwargs": {"column": "code"}},
    "unknown argument": {"id": "x", "expectation": "ExpectColumnValuesToNotBeNull", "kwargs": {"colour": "code"}},
    "wrong type": {
        "id": "x", "expectation": "ExpectColumnValuesToBeInSet", "kwargs": {"column": "items", "value_set": ["a"]},
    },
    "conversion": {"id": "x", "unexpected_rows": "select * from {batch} where name::int > 0"},
    "broken SQL": {"id": "x", "unexpected_rows": "selekt * from {batch}"},
}  # fmt: skip


@pytest.mark.parametrize("check", FAIL_CLOSED.values(), ids=list(FAIL_CLOSED))
@pytest.mark.parametrize("severity", ["block", "warn", "withhold"])
def test_check_that_cannot_be_evaluated_fails_and_blocks(database: Path, check: dict[str, Any], severity: str) -> None:
    verdicts = run_suite(suite_of(NOT_NULL, {**check, "severity": severity}, BIG_ROWS), database, "staged")
    assert [(verdict.check, verdict.passed) for verdict in verdicts] == [
        ("code_present", True),
        ("x", False),
        ("big", False),
    ]
    broken = verdicts[1]
    assert broken.severity == "block" and "could not be evaluated" in broken.message
    assert len(broken.message) < 600 and "Traceback" not in broken.message
    assert verdicts[2].unexpected_count == 9, "a neighbour's defect changes no other verdict"


HANGS = "(select count(*) from range(10000000) a, range(10000000) b where a.range + b.range < 0)"


@pytest.mark.parametrize("severity", ["block", "warn", "withhold"])
def test_a_check_that_hangs_is_stopped_fails_and_blocks(database: Path, severity: str) -> None:
    hangs = {"id": "hangs", "severity": severity, "unexpected_rows": f"select * from {{batch}} where items < {HANGS}"}
    verdicts = run_suite(suite_of(NOT_NULL, hangs, BIG_ROWS), database, "staged", file_name="a.csv", seconds=0.5)
    assert [(v.check, v.passed, v.unexpected_count) for v in verdicts] == [
        ("code_present", True, 0), ("hangs", False, 0), ("big", False, 9),
    ]  # fmt: skip
    assert verdicts[1].severity == "block"
    assert verdicts[1].message == (
        "Check hangs could not be evaluated on staged of a.csv: it gave no answer within 0.5 seconds and was stopped. "
        "It counts as failed."
    )
    with pytest.raises(ReleaseBlocked, match="no answer within"):
        assert_gates(verdicts[:2], [])


def test_a_relation_that_hangs_fails_every_check(database: Path) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create view slow as select * from staged where items > {HANGS}")
    verdicts = run_suite(suite_of(NOT_NULL, {**SMALL, "severity": "warn"}), database, "slow", seconds=0.3)
    assert [(v.passed, v.severity) for v in verdicts] == [(False, "block")] * 2
    assert all("no answer within 0.3 seconds" in v.message for v in verdicts)


@pytest.mark.parametrize("where", ["missing table", "missing file", "no database"])
def test_relation_that_cannot_be_read_fails_every_check(database: Path, tmp_path: Path, where: str) -> None:
    target, relation = database, "staged"
    if where == "missing table":
        relation = "nowhere"
    elif where == "missing file":
        target = tmp_path / "nowhere.duckdb"
    else:
        target.write_text("<html>not a database</html>" * 1000)
    suite = suite_of(NOT_NULL, {**SMALL, "severity": "warn"})
    verdicts = run_suite(suite, target, relation)
    assert [(verdict.check, verdict.passed, verdict.severity) for verdict in verdicts] == [
        ("code_present", False, "block"), ("small", False, "block"),
    ]  # fmt: skip
    assert missing_verdicts(verdicts, suite) == []


def test_schema_view_and_context_table(tmp_path: Path) -> None:
    path = tmp_path / "build.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema feed; create table known as select 'A1' as code")
        connection.execute("create view feed.epd as select * from (values ('A1', 1), ('B2', 2)) as rows (code, items)")
    check = {
        "id": "known",
        "unexpected_rows": "select * from {batch} b where b.code not in (select code from main.known)",
    }
    (verdict,) = run_suite(suite_of(check), path, "feed.epd")
    assert verdict.examples == ("code = B2, items = 2",)


def test_sql_may_hold_braces_colons_percent_and_joins(database: Path) -> None:
    sql = (
        "select l.* from {batch} as l join {batch} as r on l.code = r.code "
        "where not regexp_full_match(l.code, '[A-Z][0-9]{1,2}') or l.items::varchar like '1%:' or l.items % 20 = 19"
    )
    verdict = one(suite_of({"id": "odd", "unexpected_rows": sql, "columns": ["items"]}), database)
    assert verdict.examples == ("row 20: items = 19",)


def test_parameters_of_the_run_override_those_of_the_suite(database: Path) -> None:
    check = {"id": "many", "unexpected_rows": "select * from {batch} where items > ${most} and code <> ${name}"}
    suite = suite_of(check, parameters={"most": 18, "name": "O'Neill"})
    assert one(suite, database).unexpected_count == 1
    assert one(suite, database, parameters={"most": 17}).unexpected_count == 2


def test_withhold_names_its_months_and_practices(database: Path) -> None:
    verdict = one(suite_of({**BIG_ROWS, "severity": "withhold"}), database)
    assert verdict.severity == "withhold"
    assert verdict.scope == (ScopeEntry(date(2017, 4, 1), "P0"), ScopeEntry(date(2017, 4, 1), "P1"))


def test_withhold_without_practice_hits_the_whole_month(database: Path) -> None:
    check = {
        "id": "month",
        "severity": "withhold",
        "unexpected_rows": "select month, count(*) as n from {batch} group by month",
    }
    assert one(suite_of(check), database).scope == (ScopeEntry(date(2017, 4, 1)),)


def test_withhold_that_names_no_month_blocks(database: Path) -> None:
    check = {"id": "total", "severity": "withhold", "unexpected_rows": "select sum(items) as items from {batch}"}
    assert one(suite_of(check), database).severity == "block"


@pytest.mark.parametrize("severity", ["warn", "block"])
@pytest.mark.parametrize(
    ("named", "months"),
    [
        ("date '2017-06-15' as month union all select date '2017-02-01'", ["2017-02-01", "2017-06-01"]),
        ("date '2017-06-01' as period", ["2017-06-01"]),
        ("date '2017-06-30' as period_end", ["2017-06-01"]),
        ("date '2017-06-01' as reported_month", ["2017-06-01"]),
        ("'2017/18' as financial_year, 3 as ledger_period", ["2017-06-01"]),
        ("'2017/18' as financial_year, 13 as ledger_period", ["2018-03-01"]),
        ("date '2017-06-01' as month union all select null", []),
        ("7 as items", []),
    ],
)
def test_a_finding_of_a_build_says_of_which_months_it_is(
    database: Path, severity: str, named: str, months: list[str]
) -> None:
    sql = f"select found.* from (select {named}) as found where exists (select 1 from {{batch}})"
    check = {"id": "unusual", "severity": severity, "unexpected_rows": sql}
    of_build = one(suite_of(check, stage="staged"), database)
    assert of_build.severity == severity and of_build.scope == ()
    assert [month.isoformat() for month in of_build.months] == months
    assert Verdict.from_dict(of_build.as_dict()) == of_build
    assert one(suite_of(check), database).months == (), "a file is of its own months, whatever its checks find"


def test_file_is_free_when_the_run_ends(database: Path, tmp_path: Path) -> None:
    run_suite(suite_of(NOT_NULL, BIG_ROWS, *[{**FAIL_CLOSED["conversion"]}]), database, "staged")
    with duckdb.connect(str(database)) as connection:  # fails while a read-only connection is open in this process
        connection.execute("create table written as select 1")


def test_a_file_opened_once_serves_many_suites_and_is_free_after_them(database: Path) -> None:
    hangs = {"id": "hangs", "unexpected_rows": f"select * from {{batch}} where items < {HANGS}"}
    suites = [suite_of(NOT_NULL), suite_of(BIG_ROWS)]
    each_opened = [one(suite, database) for suite in suites]
    with opened_once(database) as opened:
        assert isinstance(opened, duckdb.DuckDBPyConnection)
        (stopped,) = run_suite(suite_of(hangs), opened, "staged", seconds=0.5)
        assert not stopped.passed and "was stopped" in stopped.message
        assert [one(suite, opened) for suite in suites] == each_opened
        (nowhere,) = run_suite(suite_of(NOT_NULL), opened, "nowhere")
        assert "nowhere cannot be read from batch.duckdb" in nowhere.message
    with duckdb.connect(str(database)) as writer:
        writer.execute("drop table staged")


def test_each_suite_says_why_a_file_cannot_be_opened(tmp_path: Path) -> None:
    damaged = tmp_path / "warehouse.duckdb"
    damaged.write_bytes(b"no database " * 1000)
    with opened_once(damaged) as opened:
        verdicts = [one(suite_of(NOT_NULL), opened), one(suite_of(BIG_ROWS), opened)]
    assert [verdict.passed for verdict in verdicts] == [False, False]
    assert all("staged cannot be read from" in verdict.message for verdict in verdicts)


def test_engine_url_is_accepted(database: Path) -> None:
    assert one(suite_of(NOT_NULL), f"duckdb:///{database}").passed


def test_missing_verdicts_are_named() -> None:
    suite = suite_of(NOT_NULL, BIG_ROWS)
    given = Verdict("feed", "rows", "big", "block", True, 0, 0, (), "", "someone")
    other = Verdict("other", "rows", "code_present", "block", True, 0, 0, (), "", "someone")
    assert missing_verdicts([given, other], suite) == ["code_present"]


def test_verdict_survives_storage(database: Path) -> None:
    verdict = one(suite_of({**BIG_ROWS, "severity": "withhold"}), database, period=date(2017, 4, 1))
    assert Verdict.from_dict(verdict.as_dict()) == verdict


def test_reading_suites_does_not_import_great_expectations() -> None:
    code = (
        "import sys, expectations.runner; from expectations.suites import declared_checks; assert declared_checks();"
        "heavy = {'great_expectations', 'pandas', 'sqlalchemy', 'duckdb'} & set(sys.modules); assert not heavy, heavy"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("when", ["during a question", "between two"])
def test_no_verdict_is_made_of_what_a_signal_broke_off(database: Path, when: str) -> None:
    """DuckDB makes an error of its own of Ctrl-C, which would stand as a failed check and refuse a good file."""
    endless = "select i from range(1000000000000) t(i) where i < 0 and i in (select items from {batch})"
    suite = suite_of(NOT_NULL, {"id": "endless", "unexpected_rows": endless, "columns": ["i"]})
    run_suite(suite_of(NOT_NULL), database, "staged")  # what is imported for the first time takes seconds
    is_during = when == "during a question"
    handled = signal.signal(signal.SIGINT, signal.default_int_handler if is_during else lambda *_: None)
    timer = threading.Timer(0.5 if is_during else 0, os.kill, (os.getpid(), signal.SIGINT))
    try:
        with noticed():
            timer.start()
            if not is_during:
                timer.join()
            with pytest.raises(KeyboardInterrupt):
                run_suite(suite, database, "staged", seconds=20)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, handled)
