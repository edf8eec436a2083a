"""What a row gate may compare row by row: the view `previous`, the rows that count of the newest month before.

Belongs here: feeds of one month a file that are replaced as a whole, or row by row. Totals of more months are in the
table `history` (`staging`), hospital activity and finance have tables of their own.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from pathlib import Path

import duckdb

from sources.contracts import Contract
from sources.manifests import Submission, parquet_files
from sources.upserts import newest_of_key


def write_previous(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    periods: Sequence[date],
    in_force: Mapping[date, Sequence[Submission]],
) -> None:
    """A view, so that nothing is read unless a check asks; without rows where there is no month before."""
    if contract.scoped is not None or contract.versions is not None or contract.cadence == "register":
        return
    month = max((period for period in in_force if periods and period < min(periods)), default=None)
    held = in_force[month] if month is not None else ()
    selects = [
        _select(connection, contract, submission, files)
        for submission in held
        if month is not None and (files := parquet_files(landing, submission, month))
    ]
    nothing = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in contract.columns)
    rows = " union all ".join(selects) or f"select {nothing} where false"
    if selects and contract.upsert is not None:
        rows = newest_of_key(contract, f"({rows})")
    connection.execute(f"create view previous as {rows}")


def _select(
    connection: duckdb.DuckDBPyConnection, contract: Contract, submission: Submission, files: Sequence[str]
) -> str:
    """Its rows under the columns of today's contract: one that it was landed without is null."""
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    read = f"read_parquet([{listed}], hive_partitioning = false)"
    landed = {row[0] for row in connection.execute(f"describe from {read}").fetchall()}
    columns = ", ".join(
        f"cast({column.name if column.name in landed else 'null'} as {column.sql_type}) as {column.name}"
        for column in contract.columns
    )
    received = submission.received_at.astimezone(UTC).replace(tzinfo=None)
    return f"select {columns}, submission_id, source_row, timestamp '{received}' as received_at from {read}"
