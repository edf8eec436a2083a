"""The lineage tables of a release file: which submissions, which gates, how fresh, which release.

Belongs here: their columns (with descriptions) and the SQL that fills them. They never count in the content hash.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

import duckdb

from expectations.verdict import Verdict
from publishing.tables import Column, create_table, quote
from sources.calendar import FeedMonth


def described(*rows: tuple[str, str, str]) -> list[Column]:
    """Columns of a table that a release adds, from name, type and description."""
    return [Column(name, type_, True, comment) for name, type_, comment in rows]


SUBMISSION = described(
    ("dataset", "VARCHAR", "Feed, as named by its contract."),
    (
        "submission_id",
        "VARCHAR",
        "Identity of the received file: the start of the SHA-256 of its bytes, and a receipt number if it came twice.",
    ),
    ("file_name", "VARCHAR", "Name of the file as received."),
    ("file_sha256", "VARCHAR", "SHA-256 of the bytes received."),
    ("period", "DATE", "First day of the month the rows belong to."),
    ("supplier", "VARCHAR", "Who sent it."),
    ("contract_version", "INTEGER", "Version of the contract it was read with."),
    ("layout", "VARCHAR", "Layout of the contract that the file has."),
    ("rows_read", "BIGINT", "Data rows of the whole file, the same in each of its months: accepted plus quarantined."),
    (
        "rows_accepted",
        "BIGINT",
        "Rows of the whole file that were landed, the same in each of its months; rows_in_period is of one month.",
    ),
    ("rows_quarantined", "BIGINT", "Rows of the whole file set aside with a reason, the same in each of its months."),
    ("rows_in_period", "BIGINT", "Rows landed for this month: over the months of a file they sum to rows_accepted."),
    ("activity_status", "VARCHAR", "flex, freeze, final or estimate."),
    ("received_at", "TIMESTAMP", "When it was received (UTC); of several for one period the last is current."),
    ("landed_at", "TIMESTAMP", "When it was landed (UTC)."),
    ("is_current", "BOOLEAN", "Whether this release was computed from it."),
    ("withdrawn_at", "TIMESTAMP", "Since when it counts no more because somebody withdrew it (UTC); else null."),
    ("withdrawn_by", "VARCHAR", "Who withdrew it."),
    ("withdrawn_reason", "VARCHAR", "Why it was withdrawn."),
)
GATE_RESULT = described(
    ("suite", "VARCHAR", "Dataset or table that was checked."),
    ("stage", "VARCHAR", "Gate: file, rows, staged, marts or release."),
    ("check_id", "VARCHAR", "Check within the suite."),
    ("severity", "VARCHAR", "block, withhold or warn: what happens when it fails."),
    ("passed", "BOOLEAN", "Whether it held."),
    ("rows_checked", "BIGINT", "Rows it looked at."),
    ("unexpected_count", "BIGINT", "Rows that broke it."),
    ("examples", "VARCHAR", "At most five redacted examples, as a JSON list."),
    ("message", "VARCHAR", "What was expected, what came, what to do."),
    ("owner", "VARCHAR", "Who is told."),
    ("period", "DATE", "Month checked; null if the check is not about one month."),
    ("submission_id", "VARCHAR", "Submission checked; null if the check is not about one submission."),
    ("release_id", "VARCHAR", "Release that this verdict let through."),
    ("waiver_ids", "VARCHAR", "Waivers that accept some or all of what it found, separated by commas; else null."),
)
WAIVER = described(
    ("waiver_id", "VARCHAR", "This waiver."),
    ("suite", "VARCHAR", "Dataset or table whose check found what is accepted."),
    ("stage", "VARCHAR", "Gate: rows, staged or marts."),
    ("check_id", "VARCHAR", "Check within the suite."),
    ("month", "DATE", "Month of the finding; null if it is of no month."),
    ("provider_code", "VARCHAR", "Provider; null: every one."),
    ("treatment_function_code", "VARCHAR", "Specialty; null: every one."),
    ("practice_code", "VARCHAR", "Practice; null: every one."),
    (
        "rule",
        "VARCHAR",
        "Rule of the finding where the check has several; a waiver of several rules has a row for each.",
    ),
    ("file_sha256", "VARCHAR", "File that was let in; null if the finding is not of one file."),
    ("granted_by", "VARCHAR", "Who accepts it."),
    ("reason", "VARCHAR", "Why."),
    ("granted_at", "TIMESTAMP", "Since when (UTC)."),
    ("valid_until", "DATE", "Last day."),
)
FEED_FRESHNESS = described(
    ("dataset", "VARCHAR", "Feed, as named by its contract."),
    ("last_period", "DATE", "Newest month of its current submissions; null if nothing was received."),
    ("submissions", "BIGINT", "Files received, superseded ones included."),
    ("last_received_at", "TIMESTAMP", "When the newest file was received (UTC)."),
    (
        "months_missing",
        "BIGINT",
        "Months missing as feed_month has them (due and not here; one that is not expected is not missing), up to the "
        "last month of the warehouse; null for registers.",
    ),
    ("missing_months", "VARCHAR", "Those months, YYYY-MM, separated by commas."),
)
RELEASE = described(
    ("release_id", "VARCHAR", "This release."),
    ("created_at", "TIMESTAMP", "When it was built (UTC)."),
    ("as_at", "TIMESTAMP", "Only files received up to then were used (UTC); null: all of them."),
    (
        "commissioner",
        "VARCHAR",
        "ODS codes of the commissioners that roll-ups are for, with commas; before = the code of the roll-up of all.",
    ),
    ("content_hash", "VARCHAR", "Hash of figures and definitions; equal hashes mean equal figures."),
    ("inputs_fingerprint", "VARCHAR", "Fingerprint of the submissions, seeds and code it was computed from."),
    ("product_version", "VARCHAR", "Version of Primary Care Warehouse."),
    ("previous_release_id", "VARCHAR", "Release that was current before; release_change compares with it."),
    (
        "disclosure",
        "VARCHAR",
        "What of the counts of patients in this file is hidden or rounded, by its rule.",
    ),
)


def utc(moment: datetime) -> datetime:
    """A moment as published tables hold it: UTC without zone. A moment without a zone is taken as UTC."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def write_submissions(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Table `submission`. One row per submission and period ever landed."""
    create_table(
        connection, target, "submission", "One row per submission and period, superseded ones included.", SUBMISSION
    )
    names = ", ".join(quote(column.name) for column in SUBMISSION)
    connection.execute(
        f"""
        insert into {quote(target)}.main.submission
        select {names} from {quote(source)}.feed.submission order by dataset, period, received_at, submission_id
        """
    )


def write_waivers(connection: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Table `waiver`. One row per waiver in force and rule."""
    comment = "One row per waiver in force and rule: what somebody accepts of what the gates found, and until when."
    create_table(connection, target, "waiver", comment, WAIVER)
    names = ", ".join(quote(column.name) for column in WAIVER)
    connection.execute(
        f"""
        insert into {quote(target)}.main.waiver
        select {names} from {quote(source)}.feed.waiver order by granted_at, waiver_id, rule
        """
    )


def write_freshness(
    connection: duckdb.DuckDBPyConnection, source: str, target: str, months: Iterable[FeedMonth]
) -> None:
    """Table `feed_freshness`. One row per feed; `months` of the calendar say what is missing, as table `feed_month`."""
    create_table(
        connection, target, "feed_freshness", "One row per feed: how fresh and how complete it is.", FEED_FRESHNESS
    )
    feed = f"{quote(source)}.feed"
    calendar = [(month.dataset, month.month, month.state == "missing") for month in months]
    connection.execute(
        f"""
        insert into {quote(target)}.main.feed_freshness
        with calendar as (
            select unnest(?::varchar[]) as dataset, unnest(?::date[]) as month, unnest(?::boolean[]) as is_missing
        ),
        received as (
            select
                dataset,
                max(period) filter (where is_current) as last_period,
                count(distinct submission_id) as submissions,
                max(received_at) as last_received_at
            from {feed}.submission group by dataset
        ),
        dated as (
            select dataset from {feed}.data_month union select dataset from calendar
        ),
        missing as (
            select dataset, count(*) as months_missing, string_agg(strftime(month, '%Y-%m'), ', ' order by month)
                as missing_months
            from calendar where is_missing and month <= (select max(month) from {feed}.data_month) group by dataset
        ),
        months as (
            select dataset, coalesce(months_missing, 0) as months_missing, missing_months
            from dated left join missing using (dataset)
        )
        select dataset, last_period, coalesce(submissions, 0), last_received_at, months_missing, missing_months
        from received full join months using (dataset) order by dataset
        """,
        [list(values) for values in zip(*calendar, strict=True)] or [[], [], []],
    )


def write_release(connection: duckdb.DuckDBPyConnection, target: str, facts: dict[str, str | datetime | None]) -> None:
    """Table `release`. One row: this release."""
    create_table(connection, target, "release", "One row: this release.", RELEASE)
    places = ", ".join("?" for _ in RELEASE)
    connection.execute(
        f"insert into {quote(target)}.main.release values ({places})", [facts[column.name] for column in RELEASE]
    )


def say_disclosure(connection: duckdb.DuckDBPyConnection, target: str, said: str) -> None:
    """State in table `release` what of the counts of patients the file hides or rounds."""
    connection.execute(f"update {quote(target)}.main.release set disclosure = ?", [said])


def create_gate_results(connection: duckdb.DuckDBPyConnection, target: str) -> None:
    """Table `gate_result`, empty. One row per verdict that this release rests on."""
    create_table(connection, target, "gate_result", "One row per verdict that this release rests on.", GATE_RESULT)


def add_gate_results(
    connection: duckdb.DuckDBPyConnection, target: str, verdicts: Iterable[Verdict], release_id: str
) -> None:
    """Append verdicts to `gate_result`."""
    rows = [
        {
            "suite": verdict.suite,
            "stage": verdict.stage,
            "check_id": verdict.check,
            "severity": verdict.severity,
            "passed": verdict.passed,
            "rows_checked": verdict.rows_checked,
            "unexpected_count": verdict.unexpected_count,
            "examples": json.dumps(list(verdict.examples), ensure_ascii=False),
            "message": verdict.message,
            "owner": verdict.owner,
            "period": verdict.period.isoformat() if verdict.period else None,
            "submission_id": verdict.submission_id,
            "release_id": release_id,
            "waiver_ids": ",".join(verdict.waivers) or None,
        }
        for verdict in verdicts
    ]
    shape = json.dumps([{column.name: column.type for column in GATE_RESULT}])
    names = ", ".join(quote(column.name) for column in GATE_RESULT)
    # One statement for all: a prepared insert per verdict takes seconds for years of submissions.
    connection.execute(
        f"""
        insert into {quote(target)}.main.gate_result
        select {names} from (select unnest(from_json(?, ?), recursive := true))
        order by suite, stage, check_id, period, submission_id
        """,
        [json.dumps(rows, ensure_ascii=False), shape],
    )
