"""Parquet of a table: types as in the release (money is decimal, days are dates), rows in the order of storage.

Belongs here: how it is written. What the release says of the table and of each column is in the file too, as key-value
metadata: `description`, and `columns`, a JSON object of descriptions by name.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import duckdb

from publishing.exports.described import Table
from publishing.tables import literal, quote


def write(connection: duckdb.DuckDBPyConnection, table: Table, path: Path, facts: Mapping[str, str]) -> None:
    """One table as one file.

    Args:
        facts: what else the file says of itself.
    """
    said = {
        **facts,
        "table": table.name,
        "description": table.description,
        "columns": json.dumps({column.name: column.comment or "" for column in table.columns}, ensure_ascii=False),
    }
    metadata = ", ".join(f"{quote(key)}: {literal(value)}" for key, value in said.items())
    connection.execute(
        f"copy (from {table.relation}) to {literal(str(path))} "
        f"(format parquet, compression zstd, kv_metadata {{{metadata}}})"
    )
