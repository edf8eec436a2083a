"""What a release file holds, in its own words: tables, their columns, types, descriptions and keys.

Belongs here: reading that. Nothing is described twice: what is said of a column is its comment in the release.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from publishing.reports.reader import KEYS
from publishing.tables import Column, columns_of, comments_of, quote


@dataclass(frozen=True)
class Table:
    """One table. `relation` is its full name in SQL; `key` is empty where no columns make a row one row.

    `has_whole_key`: no column of the key is ever null, so that it is a primary key in the strict sense.
    """

    name: str
    relation: str
    description: str
    columns: Sequence[Column]
    rows: int
    key: tuple[str, ...] = ()
    has_whole_key: bool = False


def tables_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[Table]:
    """Every table of schema main of an attached file, by name; views are made of these and left out."""
    columns = columns_of(connection, catalog)
    return [
        table_of(connection, catalog, name, comment or "", columns[name])
        for name, comment in sorted(comments_of(connection, catalog).items())
    ]


def views_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[tuple[str, str]]:
    """Name and description of every view of an attached file, by name."""
    found = connection.execute(
        "select view_name, coalesce(comment, '') from duckdb_views() "
        "where database_name = ? and schema_name = 'main' and not internal order by view_name",
        [catalog],
    )
    return found.fetchall()


def table_of(
    connection: duckdb.DuckDBPyConnection, catalog: str, name: str, description: str, columns: Sequence[Column]
) -> Table:
    """One table, with its rows counted."""
    relation = f"{quote(catalog)}.main.{quote(name)}"
    key = KEYS.get(name, ())
    if not set(key) <= {column.name for column in columns}:  # an audience that does not get all of it
        key = ()
    nulls = " or ".join(f"{quote(column)} is null" for column in key) or "true"
    [(rows, lacking)] = connection.execute(
        f"select count(*), count(*) filter (where {nulls}) from {relation}"
    ).fetchall()
    return Table(name, relation, description, columns, rows, key, has_whole_key=bool(key) and not lacking)
