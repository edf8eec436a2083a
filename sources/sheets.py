"""From a table that people sent to `staged` and `rejected`, as `reader` makes them of a plain file.

What the cells and rows of the table mean belongs in `reports`.
"""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from sources.contracts import Contract
from sources.opening import Member
from sources.reader import ReadResult, period_sql
from sources.recognition import Recognised
from sources.reports import HEADER_SHARE, Row, Table, missing, read_table
from sources.titles import Title

Known = Sequence[tuple[Member, Recognised]]


def tables_of(members: Sequence[Member], recognised: Sequence[Recognised | None]) -> list[Member]:
    """The members that count: of a workbook in which a table was found, no sheet that has none.

    A sheet that looks like a table of the feed, and is not quite one, counts: it must not be lost without a word.
    """
    pairs = list(zip(members, recognised, strict=True))
    if not any(found is not None and found.problem is None for _, found in pairs):
        return list(members)
    return [member for member, found in pairs if member.sheet is None or (found is not None and _is_near(found))]


def _is_near(found: Recognised) -> bool:
    if found.problem is None or found.layout is None:
        return found.problem is None
    needed = set(found.layout.names) - set(found.layout.optional)
    return len({column for column in found.columns if column} & needed) >= HEADER_SHARE * len(needed)


def read_report(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    file_name: str,
    members: Known,
    work: Path,
    stated_month: date | None,
    submission_id: str,
) -> tuple[ReadResult, Title]:
    """Fill `staged` (contract columns, source_row, period where the rows tell it, submission_id) and `rejected` from
    the table of one file.
    """
    columns = ", ".join(f"{column.name} {column.sql_type}" for column in contract.columns)
    connection.execute(
        f"create table staged ({columns}, source_row bigint, period date, "
        f"submission_id varchar default '{submission_id}')"
    )
    connection.execute("create table rejected (source_row bigint, reason varchar)")
    name = members[0][0].name
    if len(members) > 1:
        listed = ", ".join(member.name for member, _ in members[:3])
        problem = f"File {file_name} holds {len(members)} tables ({listed}). Send one table in each file."
        return ReadResult(0, 0, problem, None, ()), Title()
    member, recognised = members[0]
    assert recognised.layout is not None
    with member.table() as path, path.open(encoding="utf-8", newline="") as handle:
        rows: list[list[str]] = []
        try:
            rows.extend(csv.reader(handle, delimiter=recognised.delimiter))
        except csv.Error as error:  # a cell longer than any; it says nothing of what is in it
            problem = (
                f"File {name}, row {len(rows) + 1}: cannot be read as a table ({error}). "
                "The file is damaged: ask the sender to send it again."
            )
            return ReadResult(0, 0, problem, None, ()), Title()
    table = read_table(name, rows, recognised.columns, contract, recognised.layout, stated_month)
    judged = [
        replace(row, reasons=(*row.reasons, *missing(row, contract, recognised.layout, table.named)))
        for row in table.rows
    ]
    if table.problem is None:
        _insert(connection, contract, [row for row in judged if not row.reasons], work)
    rejected = [(row.number, "; ".join(row.reasons)) for row in judged if row.reasons]
    if rejected:
        connection.executemany("insert into rejected values (?, ?)", rejected)
    return _result(contract, name, table, judged, rejected), table.title


def _insert(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: Sequence[Row], work: Path) -> None:
    names = [column.name for column in contract.columns]
    path = work / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerows([row.number, *(row.values[name] for name in names)] for row in rows)
    fields = ", ".join(f"'{name}': 'VARCHAR'" for name in ("source_row", *names))
    typed = ", ".join(f"cast({column.name} as {column.sql_type})" for column in contract.columns)
    connection.execute(
        f"insert into staged ({', '.join(names)}, source_row) "
        f"select {typed}, cast(source_row as bigint) from read_csv($path, "
        f"columns = {{{fields}}}, header = false, delim = ',', quote = '\"', escape = '\"', auto_detect = false)",
        {"path": str(path)},
    )
    connection.execute(f"update staged set period = {period_sql(contract)}")


def _result(
    contract: Contract, name: str, table: Table, rows: Sequence[Row], rejected: Sequence[tuple[int, str]]
) -> ReadResult:
    examples = tuple(f"row {number}, {reason}" for number, reason in rejected[:5])
    problem = None
    if len(rejected) > len(rows) * contract.quarantine.max_share:
        problem = (
            f"File {name}: {len(rejected):,} of {len(rows):,} rows do not fit the contract of {contract.dataset}, "
            f"{contract.quarantine.overstepped}. First: {'; '.join(examples[:3])}. "
            "Ask the sender to correct and resend it."
        )
    return ReadResult(len(rows), len(rejected), table.problem, problem, examples)
