"""One hash for the figures and definitions of a release.

Belongs here: which tables count and how a row becomes text. Clocks, release and submission ids and lineage tables do
not count: the same feeds in any order give the same hash. How two releases differ belongs to `publishing.diff`.

The hash is written down in full so that it can be recomputed elsewhere:

- a value is `n;` if null, else `v<bytes>:<text>` (UTF-8 length, then the text DuckDB casts it to; lists and structs as
  JSON);
- a row is the concatenation of its values in the order of the column names; its digest is MD5, read as two
  little-endian 64-bit halves;
- a table is its name, its column names, its row count and the two sums of halves: a sum counts duplicates and forgets
  the order of rows;
- a release is the SHA-256 of the tables in the order below.

MD5 and SHA-256, not DuckDB's own `hash()`: that one may change with the engine.
"""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path

import duckdb

from pcw.errors import PcwError
from publishing.tables import Column, attach, columns_of, filled, quote

# table -> columns that identify a release or tell when something came, rather than a figure
HASHED: dict[str, frozenset[str]] = {
    "indicator": frozenset(),
    "indicator_result": frozenset({"release_id"}),
    "indicator_register": frozenset(),
    "indicator_threshold": frozenset(),
    "indicator_spc": frozenset(),
    "indicator_comparison": frozenset(),
    "practice_outlier": frozenset(),
    "component": frozenset(),
    "component_value": frozenset(),
    "component_provider_value": frozenset(),
    "activity_position": frozenset(),
    "finance_position": frozenset({"received_at"}),
    "finance_reconciliation": frozenset(),
    "finance_forecast": frozenset(),
    "finance_accrual": frozenset(),
    "organisation": frozenset(),
    "practice_month": frozenset(),
    "cres_scheme": frozenset(),
    "cres_month": frozenset(),
    "cres_position": frozenset(),
    "cres_overlap": frozenset(),
    "owner_notice": frozenset(),
    "cres_evidence": frozenset(),
    "contract_tolerance": frozenset(),
    "rebate_position": frozenset(),
    "drug_charge_challenge": frozenset(),
    "project_benefit": frozenset(),
    "project_milestone_status": frozenset(),
    "gp_specification_payment": frozenset(),
    "pcn_funding": frozenset(),
    "federation_gain_share": frozenset(),
    "provider_performance": frozenset(),
    "indicator_reconciliation": frozenset(),
    "risk": frozenset(),
    "risk_grade_count": frozenset(),
    "cqc_inspection": frozenset(),
    "practice_contract": frozenset(),
    "contract_event": frozenset(),
    "contract_event_coverage": frozenset(),
    "contract_visit_theme": frozenset(),
    "complaint_summary": frozenset(),
}


def _value_sql(column: Column) -> str:
    name = quote(column.name)
    if column.type.endswith("]") or column.type.startswith(("STRUCT", "MAP")):
        text = f"cast(to_json({name}) as varchar)"
    elif column.type in ("DOUBLE", "FLOAT"):
        text = f"cast({name} + 0 as varchar)"  # minus zero is zero
    else:
        text = f"cast({name} as varchar)"
    return f"case when {name} is null then 'n;' else concat('v', strlen({text}), ':', {text}) end"


def _table_line(
    connection: duckdb.DuckDBPyConnection, catalog: str, table: str, found: list[Column], is_filled: bool
) -> str:
    columns = sorted((column for column in found if column.name not in HASHED[table]), key=lambda column: column.name)
    if not columns:
        raise PcwError(f"There is no table main.{table} to hash: the marts were not built. Run the whole build again.")
    count, lower, upper = _sums(connection, catalog, table, columns) if is_filled else (0, 0, 0)
    return f"{table}|{json.dumps([column.name for column in columns])}|{count}|{lower}|{upper}\n"


def _sums(
    connection: duckdb.DuckDBPyConnection, catalog: str, table: str, columns: list[Column]
) -> tuple[int, int, int]:
    row = ", ".join(_value_sql(column) for column in columns)
    # md5_number_lower and md5_number_upper are its upper and lower half; asked of both, DuckDB digests each row twice
    [found] = connection.execute(
        f"""
        select
            count(*), coalesce(sum((digest >> 64)::hugeint), 0),
            coalesce(sum((digest & 18446744073709551615::uhugeint)::hugeint), 0)
        from (select md5_number(concat({row})) as digest from {quote(catalog)}.main.{quote(table)})
        """
    ).fetchall()
    count, lower, upper = found
    return count, lower, upper


def content_hash(connection: duckdb.DuckDBPyConnection, catalog: str, tables: Collection[str] = HASHED.keys()) -> str:
    """SHA-256 (hex) of the figures and definitions in schema main of an attached database, or of these tables of it.

    Raises:
        PcwError: a hashed table is missing.
    """
    columns = columns_of(connection, catalog)
    asked = [table for table in HASHED if table in tables]
    rows = filled(connection, catalog, [table for table in asked if table in columns])
    text = "".join(_table_line(connection, catalog, table, columns.get(table, []), table in rows) for table in asked)
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash_of(path: Path, tables: Collection[str] = HASHED.keys()) -> str:
    """The same for a database file, opened read-only."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, path, "hashed")
        return content_hash(connection, "hashed", tables)
