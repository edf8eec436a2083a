"""The ledger of landing as tables of the schema `feed`: submissions, versions, control totals, calendar and waivers.

What is current is decided in `sources.ledger`; the rows of the feeds themselves are in `feeds`.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import duckdb

from expectations.waivers import Waiver
from sources.calendar import is_on_calendar
from sources.contracts import Contract
from sources.manifests import Submission
from sources.versions import newest_versions

if TYPE_CHECKING:
    from dbt_project.feeds import Inputs


def write_calendar(connection: duckdb.DuckDBPyConnection, inputs: "Inputs") -> None:
    """Which month of which feed is loaded or served, and by which snapshot.

    Of a feed that comes every so many months only those are missing that are expected.
    """
    dated = [name for name, contract in inputs.contracts.items() if contract.cadence in ("monthly", "snapshot")]
    served = [
        (dataset, month, inputs.served(dataset, month)) for dataset in dated for month in inputs.months_of(dataset)
    ]
    connection.execute("create or replace table feed.data_month (dataset varchar, month date, is_loaded boolean)")
    expected = [
        (dataset, month, period is not None)
        for dataset, month, period in served
        if period is not None or _is_expected(inputs.contracts[dataset], month)
    ]
    insert(connection, "feed.data_month", expected)
    connection.execute("create or replace table feed.snapshot_month (dataset varchar, month date, period date)")
    snapshots = [row for row in served if inputs.contracts[row[0]].cadence == "snapshot" and row[2] is not None]
    insert(connection, "feed.snapshot_month", snapshots)


def _is_expected(contract: Contract, month: date) -> bool:
    """A snapshot serves every month until the next one; what is of its own month alone comes as its calendar says."""
    return contract.cadence == "snapshot" or is_on_calendar(contract, month)


def write_submissions(
    connection: duckdb.DuckDBPyConnection, inputs: "Inputs", submissions: Sequence[Submission]
) -> None:
    """Every submission ever landed by month, with control totals and versions of those that count."""
    connection.execute("""
        create or replace table feed.submission (
            dataset varchar, submission_id varchar, file_name varchar, file_sha256 varchar, period date,
            supplier varchar,
            contract_version integer, layout varchar, rows_read bigint, rows_accepted bigint, rows_quarantined bigint,
            rows_in_period bigint, activity_status varchar, received_at timestamp, landed_at timestamp,
            is_current boolean, withdrawn_at timestamp, withdrawn_by varchar, withdrawn_reason varchar
        )
    """)
    connection.execute("""
        create or replace table feed.control_total (
            dataset varchar, submission_id varchar, period date, measure varchar, total decimal(38, 5)
        )
    """)
    totals = [
        (dataset, submission.submission_id, period, measure, total)
        for dataset, periods in inputs.in_force.items()
        if dataset not in inputs.vintages  # of a file of many providers no total need be in force
        for period, held in periods.items()
        for submission in held
        for facts in submission.periods
        if facts.period == period
        for measure, total in facts.control_totals.items()
    ]
    insert(connection, "feed.control_total", totals)
    _write_versions(connection, inputs)
    connection.execute("create or replace table feed.upsert_dataset (dataset varchar)")
    together = [(dataset,) for dataset, contract in inputs.contracts.items() if contract.upsert is not None]
    insert(connection, "feed.upsert_dataset", together)
    counting = _counting(inputs)
    rows = [
        (
            s.dataset, s.submission_id, s.file_name, s.file_sha256, facts.period, s.supplier, s.contract_version,
            s.layout, s.rows_read, s.rows_accepted, s.rows_quarantined, facts.rows, _status(s, facts.period),
            utc(s.received_at), utc(s.landed_at),
            (s.dataset, s.submission_id, facts.period) in counting, *_withdrawn(s),
        )
        for s in submissions
        for facts in s.periods
    ]  # fmt: skip
    insert(connection, "feed.submission", rows)


def _withdrawn(submission: Submission) -> tuple[datetime | None, str | None, str | None]:
    span = submission.withdrawal()
    return (None, None, None) if span is None else (utc(span.withdrawn_at), span.by, span.reason)


def write_waivers(connection: duckdb.DuckDBPyConnection, waivers: Sequence[Waiver]) -> None:
    """One row per waiver in force and rule that it names."""
    connection.execute("""
        create or replace table feed.waiver (
            waiver_id varchar, suite varchar, stage varchar, check_id varchar, month date, provider_code varchar,
            treatment_function_code varchar, practice_code varchar, rule varchar, file_sha256 varchar,
            granted_by varchar, reason varchar, granted_at timestamp, valid_until date
        )
    """)
    rows = [
        (
            w.waiver_id, w.suite, w.stage, w.check, w.month, w.provider_code, w.treatment_function_code,
            w.practice_code, rule, w.file_sha256, w.granted_by, w.reason, utc(w.granted_at), w.until,
        )
        for w in waivers
        for rule in w.rules or (None,)
    ]  # fmt: skip
    insert(connection, "feed.waiver", rows)


def _counting(inputs: "Inputs") -> set[tuple[str, str, date]]:
    """Submission and month of what is current: in force, and of several versions that are modelled the newest."""
    found = {
        (dataset, submission.submission_id, period)
        for dataset, periods in inputs.in_force.items()
        if inputs.contracts[dataset].versions is None
        for period, held in periods.items()
        for submission in held
    }
    for dataset, contract in inputs.contracts.items():
        found |= {(dataset, submission, facts.period) for submission, facts in newest_versions(inputs.known, contract)}
    return found


def _write_versions(connection: duckdb.DuckDBPyConnection, inputs: "Inputs") -> None:
    """Of the datasets whose every file is modelled, what each holds: by scope, month and version."""
    connection.execute("""
        create or replace table feed.version (
            dataset varchar, submission_id varchar, scope varchar, period date, version bigint, rows bigint,
            received_at timestamp, is_newest boolean
        )
    """)
    rows: list[tuple[object, ...]] = []
    for dataset, contract in inputs.contracts.items():
        current_of = newest_versions(inputs.known, contract)
        rows += [
            (
                dataset, s.submission_id, ", ".join(facts.scope), facts.period, facts.version, facts.rows,
                utc(s.received_at), (s.submission_id, facts) in current_of,
            )
            for s in inputs.known
            if s.dataset == dataset
            for facts in s.versions
        ]  # fmt: skip
    insert(connection, "feed.version", rows)


def _status(submission: Submission, period: date) -> str:
    """How far this month of it may change; the months of one file differ."""
    of_month = [scope.activity_status for scope in submission.scopes if scope.period == period]
    return next(iter(of_month), submission.activity_status)


def utc(moment: datetime) -> datetime:
    """Without its zone: a column with a zone needs a further package in every reader."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows; none is none."""
    if rows:
        marks = ", ".join("?" for _ in rows[0])
        connection.executemany(f"insert into {table} values ({marks})", rows)
