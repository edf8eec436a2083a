"""A submission whose bytes were not kept, made ready for the gates again from what landed of it.

How received bytes are made ready belongs in `staging`.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from pcw.duck import RIGHT_ROWS
from pcw.home import Home
from sources.contracts import Contract
from sources.door import Look
from sources.file_facts import write_facts
from sources.manifests import Submission, parquet_files
from sources.opening import Member
from sources.reader import ReadResult
from sources.receipts import Receipt
from sources.staging import Staged, write_context


def stage_landed(
    home: Home,
    submission: Submission,
    contracts: Mapping[str, Contract],
    submissions: Sequence[Submission],
    memory_limit: str,
) -> Staged:
    """The landed rows in a scratch database that the gates can open.

    What only the bytes could show, of header or shape, is as good as it was: the file became a submission.
    """
    contract = contracts[submission.dataset]
    work = home.work / uuid.uuid4().hex
    work.mkdir(parents=True)
    database = work / "staging.duckdb"
    read = ReadResult(submission.rows_read, submission.rows_quarantined, None, None, submission.quarantine_examples)
    with duckdb.connect(str(database), config={**RIGHT_ROWS, "memory_limit": memory_limit}) as connection:
        _write_rows(connection, home, submission, contract)
        members = [Member(name, work, submission.file_bytes, "utf-8") for name in submission.members]
        write_facts(
            connection,
            members,
            (),
            submission.file_name,
            read,
            None,
            None,
            None,
            is_nil_return="covers" in submission.stated,
        )
        periods = [facts.period for facts in submission.periods]
        write_context(connection, home, contract, periods, submissions, contracts)
    receipt = Receipt(
        work,
        submission.file_name,
        submission.file_sha256,
        submission.file_bytes,
        submission.file_mtime_ns,
        submission.received_at,
    )
    return Staged(
        receipt,
        work,
        database,
        submission.submission_id,
        contract,
        None,
        submission.members,
        read,
        submission.periods,
        submission.version_facts,
        Look((), contract, ()),
        submission.scopes,
    )


def _write_rows(connection: duckdb.DuckDBPyConnection, home: Home, submission: Submission, contract: Contract) -> None:
    columns = ", ".join(f"{column.name} {column.sql_type}" for column in contract.columns)
    connection.execute(f"create table staged ({columns}, source_row bigint, period date, submission_id varchar)")
    connection.execute(
        "create table scope (provider_code varchar, month date, row_count bigint, activity_status varchar)"
    )
    for facts in submission.periods:
        if files := parquet_files(home.landing, submission, facts.period):
            connection.execute(
                f"insert into staged by name select *, {_day(facts.period)} as period "
                "from read_parquet(?, hive_partitioning = false)",
                [files],
            )
    if submission.scopes:
        connection.executemany(
            "insert into scope values (?, ?, ?, ?)",
            [(scope.provider, scope.period, scope.rows, scope.activity_status) for scope in submission.scopes],
        )


def _day(day: date) -> str:
    return f"date '{day.isoformat()}'"
