"""The tables of quality in a release file: which checks are declared, what each ever said, which months were expected.

Belongs here: their columns, with descriptions, and how they are written. What a check is belongs in `expectations`,
when a month is due in `sources.calendar`, what became of a verdict in `publishing.judgements`. Like all lineage they
never count in the content hash, and they are the commissioner's alone.
"""

from collections.abc import Iterable
from dataclasses import astuple
from typing import NamedTuple

import duckdb

from expectations.suites import Check, Suite, load_suites
from publishing import audience_files
from publishing.audiences import Audience
from publishing.gates import RELEASE_STAGE
from publishing.judgements import HistoryRow
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
    ("rule", "VARCHAR", "The rule: SQL that finds the rows that break it, or the expectation and what it is asked of."),
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


GATE_HISTORY = described(
    ("dataset", "VARCHAR", "Feed of the file that was judged, or table of the build; null: a file of no known feed."),
    ("stage", "VARCHAR", "Gate: file, rows, staged, marts or release."),
    ("suite", "VARCHAR", "Suite of the check; gate_check says what it asks."),
    ("check_id", "VARCHAR", "Check within the suite."),
    ("month", "DATE", "Month judged; null: the file told none, or the check of a build found nothing of one month."),
    ("file_name", "VARCHAR", "Name of the file as received; null of a build."),
    ("submission_id", "VARCHAR", "Submission, or of a refused file the start of its SHA-256; null of a build."),
    ("release_id", "VARCHAR", "Release whose build was judged; null of a file. Of releases that are kept."),
    ("outcome", "VARCHAR", "What became of it: a file is current, superseded, withdrawn, removed (purged while it "
     "counted) or refused, a build released."),
    ("judged_at", "TIMESTAMP", "When the file was received or the release was built (UTC)."),
    ("severity", "VARCHAR", "block, withhold or warn."),
    ("passed", "BOOLEAN", "Whether it held in this month."),
    ("state", "VARCHAR", "On the day of the release: passed; open (failed, and nothing since has put it right); "
     "put_right (what took its place passed: a newer file of this month and the same providers or bodies that was put "
     "in force; of a refused file also a good one of its name without this month; or a later release); accepted by a "
     "waiver, here or of what took its place; withdrawn or removed, with "
     "its file; closed, with its refused file, by `pcw quarantine --close` or by what is in force coming again; "
     "retired (failed, and the check is asked no more). What counts still is put right by no other file."),
    ("put_right_at", "TIMESTAMP", "When what put it right was received or built (UTC), and never before judged_at."),
    ("rows_checked", "BIGINT", "Rows it looked at, of all months of the file."),
    ("unexpected_count", "BIGINT", "Rows that broke it, in all months that failed."),
    ("message", "VARCHAR", "What was expected, what came, what to do."),
    ("owner", "VARCHAR", "Who is told."),
    ("waiver_ids", "VARCHAR", "Waivers that accept some or all of what it found, separated by commas; else null."),
)  # fmt: skip


class Declared(NamedTuple):
    """One row of the registry, in the order of the columns of `gate_check`."""

    suite: str
    stage: str
    check_id: str
    severity: str
    owner: str
    why: str
    fix: str | None
    is_waivable: bool
    relation: str
    rule: str


def registry(audiences: Iterable[Audience]) -> list[Declared]:
    """Every check that is declared today, those on files of audiences included."""
    rows = [
        Declared(
            suite.suite, suite.stage, check.id, check.severity, suite.owner, check.why, check.fix.strip() or None,
            check.severity == "withhold" or check.waivable, suite.relation,
            _rule(suite, check),
        )
        for suite in load_suites().values()
        for check in suite.checks
    ]  # fmt: skip
    rows += [
        Declared(
            audience.name, RELEASE_STAGE, check, "block", audience_files.OWNER, why, audience_files.FIX, False,
            f"{audience.name}.duckdb", f"{check} of publishing/audiences.yaml",
        )
        for audience in audiences
        for check, why in audience_files.CHECKS.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row[:3])


def _rule(suite: Suite, check: Check) -> str:
    """The SQL that returns what offends, or Great Expectations' own rule with what it is asked of."""
    if check.expectation is None:
        return suite.sql(check)
    asked = ", ".join(f"{name}={value!r}" for name, value in check.kwargs.items())
    return f"{check.expectation}({asked})"


def write_checks(connection: duckdb.DuckDBPyConnection, target: str, declared: Iterable[Declared]) -> None:
    """Table `gate_check`. One row per declared check."""
    create_table(connection, target, "gate_check", "One row per declared check: the registry of the gates.", GATE_CHECK)
    _insert(connection, target, "gate_check", GATE_CHECK, [tuple(row) for row in declared])


def create_history(connection: duckdb.DuckDBPyConnection, target: str) -> None:
    """Table `gate_history`, empty. One row per check, file or build, and month ever judged."""
    comment = "One row per check, file or build, and month ever judged: refused, superseded and withdrawn files too."
    create_table(connection, target, "gate_history", comment, GATE_HISTORY)


def add_history(connection: duckdb.DuckDBPyConnection, target: str, rows: Iterable[HistoryRow]) -> None:
    """Append rows to `gate_history`, without their examples."""
    names = [column.name for column in GATE_HISTORY]
    found: list[tuple[object, ...]] = [tuple(getattr(row, name) for name in names) for row in rows]
    _insert(connection, target, "gate_history", GATE_HISTORY, found)


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
