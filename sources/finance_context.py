"""What the gates may compare a finance file with: earlier reports, and the plan of savings; and whose a file may be.

Which of several versions counts belongs in `versions`, what is asked in the suites of `expectations`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date
from pathlib import Path

import duckdb

from pcw.commissioners import read_commissioners
from sources.contracts import Contract
from sources.manifests import Submission, parquet_files
from sources.versions import newest_rows, versions_of

#: Reports of savings are held against the plan of them, which is a feed of its own.
PLAN, TRACKER = "cres_plan", "cres_tracker"


def write_finance_context(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
) -> None:
    """Tables earlier: what counts of the same dataset in the year before; parts: what other files hold of
    the versions in this one; plan: what counts of its plans and of those before.

    Reports of every version of a month are kept; here the newest stands for it.
    """
    _write_rows(connection, landing, contract, submissions, "earlier", years=1)
    _write_parts(connection, landing, contract, submissions)
    if contract.dataset == TRACKER:
        _write_rows(connection, landing, contracts[PLAN], submissions, "plan", years=2)


def write_known_entities(connection: duckdb.DuckDBPyConnection, commissioner: str | None) -> None:
    """Table known_entity: the commissioners for whom the deployment is; without a row where nobody says."""
    connection.execute("create table known_entity (entity_code varchar)")
    for code in read_commissioners(commissioner).codes if commissioner is not None else ():
        connection.execute("insert into known_entity values (?)", [code])


def _write_rows(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    submissions: Sequence[Submission],
    table: str,
    *,
    years: int,
) -> None:
    _create(connection, contract, table)
    first = None
    if _is_staged(connection):
        [(first, last)] = connection.execute(
            f"select min(period) - interval {years} year, max(period) from staged"
        ).fetchall()
    if first is None:
        return
    for submission in submissions:
        for facts in submission.periods if submission.dataset == contract.dataset else ():
            if first.date() <= facts.period <= last:
                _insert(connection, landing, table, submission, facts.period)
    connection.execute(f"create or replace table {table} as {newest_rows(contract, table)}")


def _write_parts(
    connection: duckdb.DuckDBPyConnection, landing: Path, contract: Contract, submissions: Sequence[Submission]
) -> None:
    """The rows that are taken together with those of this file, because they state the same version: of each key the
    newest receipt, and none that this file has itself.
    """
    rules = contract.versions
    assert rules is not None
    _create(connection, contract, "parts")
    if not _is_staged(connection):
        return
    held = {facts.place for facts in versions_of(connection, contract) if facts.version is not None}
    for submission in submissions:
        own = submission.versions if submission.dataset == contract.dataset else ()
        for period in sorted({facts.period for facts in own if facts.place in held}):
            _insert(connection, landing, "parts", submission, period)
    of_version = (*rules.scope, rules.order, *([rules.source] if rules.source else []))
    same_version = " and ".join(f"staged.{name} is not distinct from parts.{name}" for name in of_version)
    same_row = " and ".join(f"staged.{name} is not distinct from parts.{name}" for name in contract.key)
    connection.execute(f"""
        create or replace table parts as
        select * from parts
        where exists (select 1 from staged where {same_version})
            and not exists (select 1 from staged where {same_row})
        qualify row_number() over (
            partition by {", ".join(contract.key)} order by received_at desc, submission_id desc, source_row desc
        ) = 1
    """)


def _create(connection: duckdb.DuckDBPyConnection, contract: Contract, table: str) -> None:
    fields = ", ".join(f"{column.name} {column.sql_type}" for column in contract.columns)
    connection.execute(
        f"create table {table} ({fields}, submission_id varchar, source_row bigint, period date, received_at timestamp)"
    )


def _is_staged(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(connection.execute("select 1 from duckdb_tables() where table_name = 'staged'").fetchall())


def _insert(
    connection: duckdb.DuckDBPyConnection, landing: Path, table: str, submission: Submission, period: date
) -> None:
    if files := parquet_files(landing, submission, period):
        received = submission.received_at.astimezone(UTC).replace(tzinfo=None)
        connection.execute(
            f"insert into {table} by name select *, ?::date as period, ?::timestamp as received_at "
            "from read_parquet(?, hive_partitioning = false)",
            [period, received, files],
        )
