"""What the gates may compare a finance file with: bodies that are known, earlier reports, and the plan of savings.

Which of several versions counts belongs in `versions`, what is asked in the suites of `expectations`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path

import duckdb

from sources.contracts import Contract
from sources.ledger import Submission, parquet_files
from sources.versions import newest_rows

PLAN = "cres_plan"


def write_finance_context(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
    commissioner: str | None,
) -> None:
    """Tables known_entity; earlier: what counts of the same dataset in the year before; plan: what counts of its
    plans and of those before.

    Reports of every version of a month are kept; here the newest stands for it.
    """
    connection.execute("create table known_entity (entity_code varchar)")
    if commissioner is not None:
        connection.execute("insert into known_entity values (?)", [commissioner])
    _write_rows(connection, landing, contract, submissions, "earlier", years=1)
    if contract.dataset == "cres_tracker":
        _write_rows(connection, landing, contracts[PLAN], submissions, "plan", years=2)


def _write_rows(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    submissions: Sequence[Submission],
    table: str,
    *,
    years: int,
) -> None:
    fields = ", ".join(f"{column.name} {column.sql_type}" for column in contract.columns)
    connection.execute(
        f"create table {table} ({fields}, submission_id varchar, source_row bigint, period date, received_at timestamp)"
    )
    first = None
    if connection.execute("select 1 from duckdb_tables() where table_name = 'staged'").fetchall():
        [(first, last)] = connection.execute(
            f"select min(period) - interval {years} year, max(period) from staged"
        ).fetchall()
    if first is None:
        return
    for submission in submissions:
        for facts in submission.periods if submission.dataset == contract.dataset else ():
            if first.date() <= facts.period <= last and (files := parquet_files(landing, submission, facts.period)):
                received = submission.received_at.astimezone(UTC).replace(tzinfo=None)
                connection.execute(
                    f"insert into {table} by name select *, ?::date as period, ?::timestamp as received_at "
                    "from read_parquet(?, hive_partitioning = false)",
                    [facts.period, received, files],
                )
    connection.execute(f"create or replace table {table} as {newest_rows(contract, table)}")
