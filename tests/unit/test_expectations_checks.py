"""Every declared check holds on good data and is proven by making it fail once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import duckdb
import pytest

from expectations.runner import missing_verdicts, run_suite
from expectations.suites import Suite, declared_checks, load_suites
from expectations.verdict import Verdict
from tests.unit.test_expectations_cases_bounds import ALLOWED, CLAUSES, SEEN
from tests.unit.test_expectations_cases_build import make_build_database
from tests.unit.test_expectations_cases_build_breaks import BREAKS as BUILD_BREAKS
from tests.unit.test_expectations_cases_clinical import BREAKS as CLINICAL_BREAKS
from tests.unit.test_expectations_cases_clinical import make_rows_database as make_clinical_database
from tests.unit.test_expectations_cases_contract import BREAKS as CONTRACT_BREAKS
from tests.unit.test_expectations_cases_contract import make_rows_database as make_contract_database
from tests.unit.test_expectations_cases_contract_marts import BREAKS as CONTRACT_MART_BREAKS
from tests.unit.test_expectations_cases_cres import BREAKS as CRES_BREAKS
from tests.unit.test_expectations_cases_evidence import BREAKS as EVIDENCE_BREAKS
from tests.unit.test_expectations_cases_evidence import make_rows_database as make_evidence_database
from tests.unit.test_expectations_cases_experience import BREAKS as EXPERIENCE_BREAKS
from tests.unit.test_expectations_cases_experience import make_rows_database as make_experience_database
from tests.unit.test_expectations_cases_feeds import BREAKS as FEED_BREAKS
from tests.unit.test_expectations_cases_feeds import FILE_FACTS, make_rows_database
from tests.unit.test_expectations_cases_finance import BREAKS as FINANCE_BREAKS
from tests.unit.test_expectations_cases_finance import make_rows_database as make_finance_database
from tests.unit.test_expectations_cases_finance_marts import BREAKS as FINANCE_MART_BREAKS
from tests.unit.test_expectations_cases_performance import BREAKS as PERFORMANCE_BREAKS
from tests.unit.test_expectations_cases_performance import make_rows_database as make_performance_database
from tests.unit.test_expectations_cases_projects import BREAKS as PROJECT_BREAKS
from tests.unit.test_expectations_cases_quality import BREAKS as QUALITY_BREAKS
from tests.unit.test_expectations_cases_statistics import BREAKS as STATISTICS_BREAKS
from tests.unit.test_expectations_cases_sus import BREAKS as SUS_BREAKS
from tests.unit.test_expectations_cases_sus import make_rows_database as make_sus_database

BREAKS = {
    **FEED_BREAKS, **SUS_BREAKS, **FINANCE_BREAKS, **FINANCE_MART_BREAKS, **CRES_BREAKS, **EVIDENCE_BREAKS,
    **PROJECT_BREAKS, **QUALITY_BREAKS, **BUILD_BREAKS, **EXPERIENCE_BREAKS,
    **CONTRACT_BREAKS, **CONTRACT_MART_BREAKS,
    **PERFORMANCE_BREAKS,
    **STATISTICS_BREAKS,
    **CLINICAL_BREAKS,
}  # fmt: skip
CASES = [(suite, stage, check) for (suite, stage), breaks in BREAKS.items() for check in breaks]
# Emptied columns do not disturb each other, so one database proves them all; every other check has its own.
GROUPS = [
    (suite, stage, group)
    for (suite, stage), breaks in BREAKS.items()
    for group in [
        tuple(check for check in breaks if check.endswith("_present")),
        *((check,) for check in breaks if not check.endswith("_present")),
    ]
    if group
]


def _marked() -> list[object]:
    """Each rule belongs to every run, and two of each suite; the same words in another suite to the slow ones."""
    suites, known, asked = load_suites(), set[str](), Counter[tuple[str, str]]()
    found: list[object] = []
    for suite, stage, checks in GROUPS:
        declared = [suites[suite, stage].check(check) for check in checks]
        words = [f"{check.expectation} {check.kwargs} {check.unexpected_rows}".split() for check in declared]
        rules = {" ".join([stage, *said]) for said in words}
        is_quick = not rules <= known or asked[suite, stage] < 2
        if is_quick:
            known |= rules
            asked[suite, stage] += 1
        marks = () if is_quick else pytest.mark.slow
        found.append(pytest.param(suite, stage, checks, id=f"{suite}-{stage}-{checks[0]}", marks=marks))
    return found


PARAMETERS = {"commissioner": "99A"}
MONTH = re.compile(r"\b(?:19|20)\d\d-\d\d|\bperiod \d")
# They show the day from which an organisation is as it is.
OF_NO_MONTH = {"dates_in_order", "one_span_a_day"}


def _maker(suite: str, stage: str) -> tuple[str, Callable[[duckdb.DuckDBPyConnection], object]]:
    if stage == "file":
        return "file", lambda connection: connection.execute(FILE_FACTS)
    if stage == "rows":
        makers = {
            **dict.fromkeys(SUS_BREAKS, make_sus_database),
            **dict.fromkeys(CLINICAL_BREAKS, make_clinical_database),
            **dict.fromkeys(EVIDENCE_BREAKS, make_evidence_database),
            **dict.fromkeys(FINANCE_BREAKS, make_finance_database),
            **dict.fromkeys(EXPERIENCE_BREAKS, make_experience_database),
            **dict.fromkeys(CONTRACT_BREAKS, make_contract_database),
            **dict.fromkeys(PERFORMANCE_BREAKS, make_performance_database),
        }
        return suite, partial(makers.get((suite, stage), make_rows_database), dataset=suite)
    return "build", make_build_database


Good = Callable[[str, str], duckdb.DuckDBPyConnection]


@pytest.fixture(scope="session")
def good() -> Iterator[Good]:
    """The good database of a suite, made once; in memory, as a file of hundreds of tables takes long to open."""
    found: dict[str, duckdb.DuckDBPyConnection] = {}

    def made(suite: str, stage: str) -> duckdb.DuckDBPyConnection:
        name, make = _maker(suite, stage)
        if name not in found:
            found[name] = duckdb.connect()
            make(found[name])
        return found[name]

    yield made
    for connection in found.values():
        connection.close()


class _Changed:
    """A connection in the middle of a transaction, for whoever asks for one of their own: it stays open and in it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> Self:
        return self

    def close(self) -> None:
        """The test ends it."""

    commit = rollback = close


@contextmanager
def _changed(connection: duckdb.DuckDBPyConnection, changes: Iterable[str]) -> Iterator[Any]:
    """The database with these changes, which are undone at the end."""
    connection.execute("begin transaction")
    try:
        for sql in changes:
            connection.execute(sql)
        yield _Changed(connection)
    finally:
        connection.execute("rollback")


def _run(suite: Suite, database: Any) -> list[Verdict]:
    parameters = {name: value for name, value in PARAMETERS.items() if name in suite.parameters}
    return run_suite(suite, database, suite.relation, file_name="the file", parameters=parameters)


@pytest.mark.parametrize(("suite", "stage"), load_suites(), ids=str)
def test_good_data_pass_every_check(good: Good, suite: str, stage: str) -> None:
    declared = load_suites()[suite, stage]
    verdicts = _run(declared, good(suite, stage))
    assert [verdict.message for verdict in verdicts if not verdict.passed] == []
    assert missing_verdicts(verdicts, declared) == []


def test_every_declared_check_has_a_failing_case() -> None:
    declared = {(check.suite, check.stage, check.check) for check in declared_checks()}
    assert set(CASES) == declared


@pytest.mark.parametrize(("suite", "stage", "checks"), _marked())
def test_check_fails_when_its_rule_is_broken(good: Good, suite: str, stage: str, checks: tuple[str, ...]) -> None:
    declared = load_suites()[suite, stage]
    for verdict in _asked(good, suite, stage, {check: BREAKS[suite, stage][check] for check in checks}):
        assert not verdict.passed
        assert "could not be evaluated" not in verdict.message, verdict.message
        assert verdict.severity == declared.check(verdict.check).severity, "a withhold check must name its months"
        assert verdict.unexpected_count > 0
        assert verdict.examples, "a failure shows what came"
        if stage == "rows":
            assert "the file" in verdict.message
        elif stage != "file" and MONTH.search(verdict.message) and verdict.check not in OF_NO_MONTH:
            assert verdict.months or verdict.scope, "a finding of a month opens and closes with that month"


def _asked(good: Good, suite: str, stage: str, changes: dict[str, str]) -> list[Verdict]:
    """The verdicts of these checks alone, on good data that were changed for each of them."""
    declared = load_suites()[suite, stage]
    only = declared.model_copy(update={"checks": tuple(declared.check(check) for check in changes)})
    with _changed(good(suite, stage), changes.values()) as database:
        return _run(only, database)


@pytest.mark.parametrize(("suite", "stage", "check"), ALLOWED, ids=["-".join(case) for case in ALLOWED])
def test_check_passes_as_far_as_its_rule_allows(good: Good, suite: str, stage: str, check: str) -> None:
    [verdict] = _asked(good, suite, stage, {check: ALLOWED[suite, stage, check]})
    assert verdict.passed, verdict.message


@pytest.mark.parametrize(("suite", "stage", "check"), SEEN, ids=["-".join(case) for case in SEEN])
def test_check_says_what_it_saw(good: Good, suite: str, stage: str, check: str) -> None:
    sql, words = SEEN[suite, stage, check]
    [verdict] = _asked(good, suite, stage, {check: sql})
    assert not verdict.passed
    assert words in verdict.message


@pytest.mark.parametrize(
    ("suite", "stage", "check", "sql"), [(*case, sql) for case, broken in CLAUSES.items() for sql in broken]
)
def test_each_clause_of_a_check_can_fail(good: Good, suite: str, stage: str, check: str, sql: str) -> None:
    [verdict] = _asked(good, suite, stage, {check: sql})
    assert (verdict.passed, verdict.unexpected_count > 0) == (False, True), verdict.message


def test_every_commissioner_without_practices_is_named(good: Good) -> None:
    """One that has practices does not hide that two others, of a merger or misspelt, have none."""
    suite = load_suites()["epraccur", "rows"]
    only = suite.model_copy(update={"checks": (suite.check("own_practices_there"),)})
    database = good("epraccur", "rows")
    parameters = {"commissioner": "04C,99A,01J"}
    [verdict] = run_suite(only, database, suite.relation, file_name="the file", parameters=parameters)
    assert (verdict.passed, verdict.unexpected_count) == (False, 2)
    assert all(code in verdict.message for code in ("04C", "01J")) and "99A" not in verdict.message
