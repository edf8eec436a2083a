"""What landing would hold of a staged file: Parquet of each month, rows set aside, and what is counted of each month.

Which months a file stands for belongs in `scopes`; typing its rows in `reader`.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from sources.contracts import Contract
from sources.manifests import PeriodFacts
from sources.reader import PRACTICE_COLUMNS
from sources.scratch import path_literal, setting

# Rows that are held in memory once more while their months are written in one pass.
ONE_PASS = 2_000_000
# The first level is the cheapest, and on codes no larger than the others.
PARQUET = "format parquet, compression zstd, compression_level 1"

# The rows of a submission that were set aside: their numbers and reasons, beside its months.
REJECTED = "rejected.parquet"


def _part(folder: Path, month: date) -> Path:
    """Where the rows of a month lie, in a folder that is made for it."""
    target = folder / f"period={month.isoformat()}"
    target.mkdir()
    return target / "part-0.parquet"


def _link(written: Path, target: Path) -> None:
    """The same file under another name; a copy where the disk knows no such names."""
    try:
        os.link(written, target)
    except OSError:
        shutil.copyfile(written, target)


def write_months(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    folder: Path,
    declared: Iterable[date],
    *,
    has_rejected: bool,
    is_written: bool = True,
    written: Path | None = None,
) -> list[PeriodFacts]:
    """Parquet of each month that has rows, and what is counted of each, also of months declared to have none.

    Without `is_written` it is only counted: rows that show patients are refused whole and never lie on disk. `written`
    are all rows as landing holds them, where they lie on disk already.
    """
    practice = next((name for name in PRACTICE_COLUMNS if name in {c.name for c in contract.columns}), None)
    names = ", ".join(column.name for column in contract.columns)
    lines = f" filter ({contract.row_type} is distinct from 'total')" if contract.row_type else ""
    totals = "".join(f", coalesce(sum({name}){lines}, 0)" for name in contract.control_totals)
    practices = f"count(distinct {practice}){lines}" if practice else "0"
    facts = [
        PeriodFacts(
            period,
            rows,
            distinct,
            {name: Decimal(total) for name, total in zip(contract.control_totals, amounts, strict=True)},
        )
        for period, rows, distinct, *amounts in connection.execute(
            f"select period, count(*), {practices} {totals} from staged group by period order by period"
        ).fetchall()
    ]
    if is_written:
        folder.mkdir()
        rows = f"select {names}, submission_id, source_row"
        if written is not None and len(facts) == 1:
            _link(written, _part(folder, facts[0].period))
        else:
            _write_rows(connection, rows, folder, [item.period for item in facts], sum(item.rows for item in facts))
        if has_rejected:
            connection.execute(f"copy rejected to {path_literal(folder / REJECTED)} (format parquet)")
    nil = set(declared) - {item.period for item in facts}
    nothing = {name: Decimal(0) for name in contract.control_totals}
    return sorted([*facts, *(PeriodFacts(month, 0, 0, nothing) for month in nil)], key=lambda item: item.period)


def _write_rows(
    connection: duckdb.DuckDBPyConnection, rows: str, folder: Path, months: Sequence[date], row_count: int
) -> None:
    """Parquet of the rows of each month, in the order of the file.

    Up to some size all months are written in one pass: by one thread and in one piece, which keeps the order.
    """
    if len(months) > 1 and row_count <= ONE_PASS:
        with setting(connection, threads=1, partitioned_write_flush_threshold=ONE_PASS):
            connection.execute(f"""
                copy ({rows}, period from staged) to {path_literal(folder)}
                ({PARQUET}, partition_by (period), filename_pattern 'part-{{i}}')
            """)
        return
    for month in months:
        where = "" if len(months) == 1 else f"where period = date '{month.isoformat()}'"
        file = path_literal(_part(folder, month))
        connection.execute(f"copy ({rows} from staged {where}) to {file} ({PARQUET})")
