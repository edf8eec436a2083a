"""The tables of quality in a release file: which checks are declared, and which months of feeds were expected.

Belongs here: their columns, with descriptions, and how they are written. What a check is belongs in `expectations`,
when a month is due in `sources.calendar`. Like all lineage they never count in the content hash, and they are the
commissioner's alone.
"""

from collections.abc import Iterable
from dataclasses import astuple

import duckdb

from expectations.suites import load_suites
from publishing import audience_files
from publishing.audiences import Audience
from publishing.gates import RELEASE_STAGE
from publishing.lineage import described
from publishing.tables import Column, create_table, quote
from sources.calendar import FeedMonth

GATE_CHECK = described(
    ("suite", "VARCHAR", "Dataset or table that is checked."),
    ("stage", "VARCHAR", "Gate: file, rows, staged, marts or release."),
    ("check_id", "VARCHAR", "Check within the suite; gate_result has its verdicts."),
    ("severity", "VARCHAR", "block, withhold or warn, as declared; a verdict that a waiver accepts, or not "
     "reached has another."),
    ("owner", "VARCHAR", "Who is told."),
    ("why", "VARCHAR", "What goes wrong without it."),
    ("fix", "VARCHAR", "What to do when it fails; null where the message of the verdict says it itself."),
    ("is_waivable", "BOOLEAN", "Whether a person may accept what it finds."),
    ("relation", "VARCHAR", "Table that is checked."),
    ("rule", "VARCHAR", "The rule: SQL that finds the rows that break it, or the name of the expectation."),
)  # fmt: skip
FEED_MONTH = described(
    ("dataset", "VARCHAR", "Feed, as named by its contract."),
    ("supplier", "VARCHAR", "Who should send it."),
    ("month", "DATE", "First day of the month that the file is of."),
    ("due_on", "DATE", "Day by which the contract expects it."),
    ("first_received_at", "TIMESTAMP", "When the first file came that was not withdrawn (UTC); null: none."),
    ("current_received_at", "TIMESTAMP", "When the file came that counts now, the newest of several (UTC)."),
    ("state", "VARCHAR", "By the first file, on the day of the release: early (before the month had ended), on_time, "
     "late, missing (due and not here), not_due."),
    ("days_late", "INTEGER", "Days from due_on to the first receipt, or of a missing month to the day of the release; "
     "0 where none are; null while not due."),
)  # fmt: skip


def write_checks(connection: duckdb.DuckDBPyConnection, target: str, audiences: Iterable[Audience]) -> None:
    """Table `gate_check`. One row per declared check."""
    create_table(connection, target, "gate_check", "One row per declared check: the registry of the gates.", GATE_CHECK)
    rows: list[tuple[object, ...]] = [
        (
            suite.suite, suite.stage, check.id, check.severity, suite.owner, check.why, check.fix.strip() or None,
            check.severity == "withhold" or check.waivable, suite.relation,
            check.expectation or suite.sql(check),
        )
        for suite in load_suites().values()
        for check in suite.checks
    ]  # fmt: skip
    rows += [
        (
            audience.name, RELEASE_STAGE, check, "block", audience_files.OWNER, why, audience_files.FIX, False,
            f"{audience.name}.duckdb", f"{check} of publishing/audiences.yaml",
        )
        for audience in audiences
        for check, why in audience_files.CHECKS.items()
    ]  # fmt: skip
    _insert(connection, target, "gate_check", GATE_CHECK, sorted(rows, key=lambda row: row[:3]))


def write_months(connection: duckdb.DuckDBPyConnection, target: str, months: Iterable[FeedMonth]) -> None:
    """Table `feed_month`. One row per feed and month that was expected or came."""
    comment = "One row per feed and month that was expected or came: when it was due, when it came."
    create_table(connection, target, "feed_month", comment, FEED_MONTH)
    _insert(connection, target, "feed_month", FEED_MONTH, [astuple(month) for month in months])


def _insert(
    connection: duckdb.DuckDBPyConnection,
    target: str,
    table: str,
    columns: list[Column],
    rows: list[tuple[object, ...]],
) -> None:
    """All rows in one statement: a prepared insert per row takes seconds."""
    if not rows:
        return
    places = ", ".join("unnest(?::" + column.type + "[])" for column in columns)
    connection.execute(
        f"insert into {quote(target)}.main.{quote(table)} select {places}",
        [list(cells) for cells in zip(*rows, strict=True)],
    )
