"""The numbers of rows: from the place of a row in `received` to the row that a spreadsheet shows.

The header is row 1 and the first row of data row 2; blank rows count, as they do there. The members of an archive are
numbered as if one stood below the other, each with its header; sentences name the member and the row in it.
"""

import csv
from collections.abc import Iterable, Sequence
from contextlib import suppress

import duckdb

from pcw.rows import HAS_MEMBERS, MEMBERS, row_told
from sources.contracts import Contract
from sources.opening import Member
from sources.recognition import Recognised

# SQL of the number of a row: its place from 0, and by how much the number is ahead of it.
_SOURCE_ROW = "rowid + ahead"


def blank_rows(member: Member, recognised: Recognised) -> list[int]:
    """The rows without a character, which the reader leaves out; in a table of one column they are empty values.

    A cell longer than any (131,072 characters) ends the search: blank rows below it are not counted.
    """
    found: list[int] = []
    if member.has_blank_rows and len(recognised.columns) > 1:
        with member.table() as path, path.open(encoding="utf-8", newline="") as handle, suppress(csv.Error):
            for number, row in enumerate(csv.reader(handle, delimiter=recognised.delimiter), start=1):
                if not row:
                    found.append(number)
    return found


def is_whole(connection: duckdb.DuckDBPyConnection, member: Member, recognised: Recognised, first_place: int) -> bool:
    """Whether all rows below a header that stands below others are in `received`, from `first_place` on.

    DuckDB 1.5.5, told to skip rows that end otherwise than those below them, reads none of these and says nothing.
    """
    if recognised.first_row == 1:
        return True
    [(received,)] = connection.execute("select count(*) from received").fetchall()
    with member.table() as path, path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle, delimiter=recognised.delimiter)
        below = (row for number, row in enumerate(rows, start=1) if number > recognised.rows_above)
        expected = sum(1 for row in below if row or len(recognised.columns) == 1)
    return bool(received - first_place == expected)


def count_left_out(
    connection: duckdb.DuckDBPyConnection, left_out: Iterable[int], first_place: int, rows_above: int
) -> None:
    """Number the rows of a member, in `received` from `first_place` on, past those that were left out of it.

    Args:
        left_out: their numbers in the member.
        first_place: of its first row in `received`.
        rows_above: how many rows stand above its data.
    """
    below = sorted(number for number in set(left_out) if number > rows_above)
    ahead = {first_place + number - rows_above - count: count for count, number in enumerate(below, start=1)}
    if not ahead:
        return
    connection.execute(
        """
        update received set ahead = received.ahead + moved.more
        from (
            select received.rowid as place, step.more
            from received
            asof join (select unnest($places) as place, unnest($more) as more) as step on received.rowid >= step.place
        ) as moved
        where received.rowid = moved.place
        """,
        {"places": list(ahead), "more": list(ahead.values())},
    )


def number_rows(
    connection: duckdb.DuckDBPyConnection, contract: Contract, submission_id: str, quarantined: int
) -> None:
    """Show the numbered rows of `received` as `staged`, but those with a reason as `rejected`.

    DuckDB keeps the order of the file, so the row id of a fresh table is the place in the file; a window function would
    number the rows in one thread, and an update would write them all again.
    """
    columns = ", ".join(column.name for column in contract.columns)
    kept = "where reason is null" if quarantined else ""
    connection.execute(f"""
        create view staged as
        select {columns}, {_SOURCE_ROW} as source_row, period, '{submission_id}' as submission_id from received {kept}
    """)
    connection.execute(f"""
        create view rejected as
        select {_SOURCE_ROW} as source_row, reason from received where reason is not null order by source_row
    """)


def last_row(connection: duckdb.DuckDBPyConnection) -> int | None:
    """The number of the last row of `received`; None where it has none."""
    last: int | None = connection.execute(f"select max({_SOURCE_ROW}) from received").fetchall()[0][0]
    return last


def write_members(connection: duckdb.DuckDBPyConnection, starts: Sequence[tuple[int, str]]) -> None:
    """Say where each of several members begins; of a single one its rows need no name."""
    if len(starts) > 1:
        connection.execute("create table member_rows (starts_after bigint, member varchar)")
        connection.executemany("insert into member_rows values (?, ?)", list(starts))


def place_told(connection: duckdb.DuckDBPyConnection, source_row: int) -> str:
    """A row of `staged` or `rejected` as a sentence names it: `row 1234`, see `row_told`."""
    members = connection.execute(MEMBERS).fetchall() if connection.execute(HAS_MEMBERS).fetchall() else []
    return f"row {row_told(source_row, members)}"
