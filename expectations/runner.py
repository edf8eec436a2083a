"""Run a suite: one verdict for every declared check, whatever happens.

Belongs here: from declared checks to verdicts, and the sentences people read. Does not belong here: Great Expectations
itself (`gx_engine.py`) and what a verdict leads to (landing, publishing). A check that cannot be evaluated is failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.gx_engine import Outcome, Relation, Rule, open_relation
from expectations.suites import Check, Suite
from expectations.template import fill_sql
from expectations.time_limit import CHECK_SECONDS
from expectations.verdict import Scope, ScopeEntry, Verdict
from pcw.errors import PcwError
from pcw.rows import row_told

if TYPE_CHECKING:
    import duckdb

HIDDEN = "(hidden)"
# What the codes that suites about patients show look like: of a provider or site, a specialty, a flag. Surnames,
# postcodes and dates that shifted into their place do not.
_CODE = re.compile(r"[A-Z0-9]{1,3}|[A-Z][A-Z0-9]{2,3}[0-9]{2}")
# Columns that hold the number of a row of the file.
_ROW_NUMBERS = ("source_row", "first_row")
# Gates of the build. The months of a file are those of its file, whatever its checks find.
_OF_BUILD = ("staged", "marts", "release")
# By which columns an offending row says its month: the first of them that it has. Period 13 belongs to March.
_MONTH_SQL = {
    ("month",): "month",
    ("period",): "period",
    ("period_end",): "period_end",
    ("reported_month",): "reported_month",
    ("register_month",): "register_month",
    ("financial_year", "ledger_period"): (
        "make_date(try_cast(left(financial_year, 4) as int), 4, 1) + to_months(least(ledger_period::int, 12) - 1)"
    ),
}


@dataclass(frozen=True)
class _Run:
    suite: Suite
    relation: str
    parameters: Mapping[str, object]
    file_name: str | None
    period: date | None
    submission_id: str | None

    def verdict(
        self,
        check: Check,
        rows: int,
        outcome: Outcome,
        scope: Scope = (),
        months: tuple[date, ...] = (),
        members: Sequence[tuple[int, str]] = (),
    ) -> Verdict:
        """The verdict of one check. What could not be evaluated, or withholds nobody knows what, blocks."""
        examples = tuple(_example(check, row, self.suite, members) for row in outcome.sample)
        severity = check.severity
        if outcome.passed:
            message = f"Holds for {rows:,} {'row' if rows == 1 else 'rows'} of {self.relation}."
        elif outcome.error is not None:
            severity = "block"
            message = (
                f"Check {check.id} could not be evaluated on {self.relation} of {self._file}: "
                f"{_quiet(outcome.error, self.suite)}. It counts as failed."
            )
        else:
            severity = "block" if severity == "withhold" and not scope else severity
            message = self._sentence(check, rows, outcome.unexpected_count, examples)
        return Verdict(
            suite=self.suite.suite,
            stage=self.suite.stage,
            check=check.id,
            severity=severity,
            passed=outcome.passed,
            rows_checked=rows,
            unexpected_count=outcome.unexpected_count,
            examples=examples,
            message=message,
            owner=self.suite.owner,
            period=self.period,
            submission_id=self.submission_id,
            scope=scope,
            months=months,
        )

    @property
    def _file(self) -> str:
        return self.file_name or self.relation

    def _sentence(self, check: Check, rows: int, unexpected: int, examples: tuple[str, ...]) -> str:
        shown = "; ".join(examples) if examples else "(no example)"
        came = check.message.format(
            **self.parameters,
            unexpected_count=f"{unexpected:,}",
            rows_checked=f"{rows:,}",
            file=self._file,
            examples=shown,
            relation=self.relation,
            period="" if self.period is None else self.period.strftime("%Y-%m"),
        )
        return f"{came.strip()} {check.fix.strip()}".strip()

    def rule(self, check: Check) -> Rule:
        """The check with its parameters filled in. Raises PcwError for a name that nobody gave."""
        sql = check.unexpected_rows
        filled = None if sql is None else fill_sql(sql, self.suite.fragments, self.parameters)
        return Rule(check.id, check.expectation, check.kwargs, filled)


def run_suite(
    suite: Suite,
    database: Path | str | duckdb.DuckDBPyConnection,
    relation: str,
    *,
    rows: int | None = None,
    period: date | None = None,
    submission_id: str | None = None,
    file_name: str | None = None,
    parameters: Mapping[str, object] | None = None,
    seconds: float = CHECK_SECONDS,
) -> list[Verdict]:
    """Run every check of a suite on a relation: one verdict per check, in the suite's order.

    `database` is a DuckDB file (opened read-only; close your own connection first), a duckdb-engine URL or an open
    connection; `relation` is `table` or `schema.table`. `parameters` add to and override the suite's. A check that
    has no answer after so many `seconds` is stopped. Never raises for what the data or the database holds: a check that
    cannot be evaluated, or was stopped, is failed, with severity block.
    """
    run = _Run(suite, relation, {**suite.parameters, **(parameters or {})}, file_name, period, submission_id)
    try:
        with open_relation(database, relation, seconds) as opened:
            return _verdicts(run, opened, opened.count() if rows is None else rows)
    except PcwError as problem:
        unreadable = Outcome(False, error=str(problem).rstrip("."))
        return [run.verdict(check, rows or 0, unreadable) for check in suite.checks]


def _verdicts(run: _Run, opened: Relation, rows: int) -> list[Verdict]:
    rules: dict[str, Rule] = {}
    outcomes: dict[str, Outcome] = {}
    for check in run.suite.checks:
        try:
            rules[check.id] = run.rule(check)
        except PcwError as problem:
            outcomes[check.id] = Outcome(False, error=str(problem).rstrip("."))
    outcomes |= opened.validate(list(rules.values()))
    verdicts = []
    for check in run.suite.checks:
        outcome = outcomes.get(check.id, Outcome(False, error="it gave no result"))
        scope: Scope = ()
        months: tuple[date, ...] = ()
        if not outcome.passed and outcome.error is None:
            if check.severity == "withhold":
                scope = _scope(opened, rules[check.id])
            elif run.suite.stage in _OF_BUILD:
                months = _months(opened, rules[check.id])
        members = opened.members if outcome.sample else ()
        verdicts.append(run.verdict(check, rows, outcome, scope, months, members))
    return verdicts


def _months(opened: Relation, rule: Rule) -> tuple[date, ...]:
    """Of which months the offending rows are. None where one of them tells none: it would be hidden by the others."""
    if rule.sql is None:
        return ()
    columns = set(opened.columns_of(rule.sql))
    sql = next((sql for named, sql in _MONTH_SQL.items() if columns.issuperset(named)), None)
    if sql is None:
        return ()
    try:
        rows = opened.offenders(rule.sql, f"distinct date_trunc('month', try_cast({sql} as date))::date as month")
    except PcwError:
        return ()  # it failed, as its verdict says; of which months is then not known
    found = [row["month"] for row in rows]
    return () if None in found else tuple(sorted(found))


def _scope(opened: Relation, rule: Rule) -> Scope:
    """What the offending rows name. Empty when one of them names no month: the verdict then blocks."""
    if rule.sql is None:
        return ()
    columns = opened.columns_of(rule.sql)
    if "month" not in columns:
        return ()
    named = [
        f"cast({name if name in columns else 'null'} as varchar) as {name}"
        for name in ScopeEntry._fields
        if name != "month"
    ]
    rows = opened.offenders(rule.sql, f"distinct cast(month as date) as month, {', '.join(named)}")
    found = {ScopeEntry(row["month"], *(row[name] or None for name in ScopeEntry._fields[1:])) for row in rows}
    if any(entry.month is None for entry in found):
        return ()
    return tuple(sorted(found, key=lambda entry: (entry.month, *(value or "" for value in entry[1:]))))


def _example(check: Check, row: Mapping[str, Any], suite: Suite, members: Sequence[tuple[int, str]]) -> str:
    """One offending row in a few words: its source row, then the columns that the check names."""
    shown = {
        name: HIDDEN
        if suite.hides(name) or _may_be_of_patient(check, value, suite)
        else _short(value, check.example_length)
        for name, value in row.items()
    }
    if members:
        numbers = {name: number for name in _ROW_NUMBERS if isinstance(number := row.get(name), int)}
        shown |= {name: row_told(number, members) for name, number in numbers.items() if shown[name] != HIDDEN}
    if check.example is not None:
        return check.example.format(**shown)
    names = [name for name in check.example_columns if name in shown] or [n for n in shown if n != "source_row"]
    cells = ", ".join(f"{name} = {shown[name]}" for name in names)
    return f"row {shown['source_row']}: {cells}" if "source_row" in shown else cells


def _may_be_of_patient(check: Check, value: object, suite: Suite) -> bool:
    """Whether a suite about patients hides a text of a column that it shows: neither a code nor named by the check."""
    if suite.redact_all_but is None or not isinstance(value, str) or not value.strip():
        return False
    return _CODE.fullmatch(value) is None and f"'{value}'" not in suite.sql(check)


def _short(value: object, length: int) -> str:
    text = "empty" if value is None else _plain(value)
    return text if len(text) <= length else text[: length - 1] + "…"


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"
    return " ".join(str(value).split())


def _quiet(error: str, suite: Suite) -> str:
    """Drivers quote offending values, which may hold quotes: a discreet suite hides all from the first to the last."""
    return re.sub(r"(['\"]).*['\"]", HIDDEN, error, flags=re.DOTALL) if suite.is_discreet else error


def missing_verdicts(verdicts: Iterable[Verdict], suite: Suite) -> list[str]:
    """Ids of declared checks without a verdict among those given. A release with any of them is not proven."""
    given = {verdict.check for verdict in verdicts if (verdict.suite, verdict.stage) == (suite.suite, suite.stage)}
    return [check.id for check in suite.checks if check.id not in given]
