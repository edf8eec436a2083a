"""Files of a month that count together: which row of a key counts, what came since, and rows that have no order.

The order: the greatest time of the contract's `order`, then the newest receipt, the submission and the row. That no
file replaces another belongs in `ledger`; the same rule for the models is `dbt_project/macros/upsert.sql`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from sources.contracts import Contract
from sources.manifests import Submission, parquet_files
from sources.places import place_told
from sources.versions import differing_row

if TYPE_CHECKING:
    from sources.receipts import Receipt

# By how much the time of a run, which has no zone, may seem to lie after the receipt.
CLOCKS = timedelta(days=1)


def newest_of_key(contract: Contract, relation: str) -> str:
    """SQL of the rows of `relation` (with received_at, submission_id and source_row) that count."""
    rules = contract.upsert
    assert rules is not None
    return f"""
        select * from {relation} qualify row_number() over (
            partition by {", ".join(rules.key)}
            order by {rules.order} desc, received_at desc, submission_id desc, source_row desc
        ) = 1
    """


def upsert_problem(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    contract: Contract,
    receipt: "Receipt",
    submissions: Iterable[Submission],
) -> str | None:
    """The sentence about rows of `staged` that would count for ever, or have no order against those of another file."""
    rules, moment = contract.upsert, receipt.received_at
    if rules is None:
        return None
    latest = (moment + CLOCKS).astimezone(UTC).replace(tzinfo=None)
    ahead = connection.execute(
        f"select source_row, {rules.order} from staged where {rules.order} > ? order by source_row limit 1", [latest]
    ).fetchall()
    if ahead:
        row, when = ahead[0]
        return (
            f"File {receipt.name}, {place_told(connection, row)}: {rules.order} is {when:%Y-%m-%d %H:%M}, after the "
            f"receipt of the file ({moment:%Y-%m-%d %H:%M}); no later run would ever count before it. Correct the "
            "file, or state when it was received."
        )
    for other in submissions:
        if other.dataset != contract.dataset or other.received_at != moment or other.file_sha256 == receipt.sha256:
            continue
        if (differing := differing_row(connection, landing, contract, other)) is not None:
            row, key = differing
            return (
                f"File {receipt.name}, {place_told(connection, row)}: {key} is in {other.file_name} too, with other "
                f"values and with the same moment of receipt ({moment:%Y-%m-%d %H:%M}): nobody can tell which is "
                "newer. State a later --received-at."
            )
    return None


def is_overtaken(landing: Path, contract: Contract, submission: Submission, submissions: Sequence[Submission]) -> bool:
    """Whether rows of the same keys came since: these bytes, received again now, may count where they do not."""
    assert contract.upsert is not None
    months = {facts.period for facts in submission.periods}
    own = _files(landing, [submission], months)
    since = [
        other
        for other in submissions
        if other.dataset == contract.dataset
        and other.submission_id != submission.submission_id
        and _moment(other) >= _moment(submission)
    ]
    later = _files(landing, since, months)
    if not own or not later:
        return False
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select 1 from read_parquet(?, hive_partitioning = false, union_by_name = true) as later "
            f"semi join read_parquet(?, hive_partitioning = false) as own using ({', '.join(contract.upsert.key)}) "
            "limit 1",
            [later, own],
        ).fetchall()
    return bool(found)


def _files(landing: Path, submissions: Iterable[Submission], months: Iterable[object]) -> list[str]:
    return [
        file
        for submission in submissions
        for facts in submission.periods
        if facts.period in months
        for file in parquet_files(landing, submission, facts.period)
    ]


def _moment(submission: Submission) -> tuple[datetime, str]:
    return submission.received_at, submission.submission_id
