"""The serving copy of a release in PostgreSQL: schema `pcw`, for Power BI, Excel, Metabase and whoever speaks ODBC.

Belongs here: how tables of DuckDB become tables of PostgreSQL, and how readers come to see them. The whole copy is
written into a schema beside it and renamed, in one transaction, at a moment when nobody reads unless somebody reads for
long (ADR 0021): who reads sees one release or the next, and a crash leaves what was there. What was there stays as
`pcw_previous` until the next copy is made, so that no query loses the table that it reads. Of the release's file alone:
what is hidden there cannot be here.

Rows travel as CSV through a file: psycopg2 comes with Dagster's run storage, and COPY is what PostgreSQL is fastest at
without another driver (ADBC: 1.4 times the rows per second, for pyarrow beside it).
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pcw.errors import PcwError
from publishing import postgres_rights as rights
from publishing.exports.described import views_of
from publishing.shelf import Release
from publishing.tables import MARTS, Column, attach, columns_of, comments_of, literal, quote

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

SCHEMA = "pcw"
PREVIOUS = "pcw_previous"
BUILDING = "pcw_building"
# Of one loader: any number that others do not use.
LOCK = 7_329_512
WAIT = "120s"
# In which all tables of a copy are taken, or none. Below deadlock_timeout (1 s), after which PostgreSQL ends one of
# those who wait for each other: it is the loader that gives way, never a query.
GIVE_WAY = "500ms"
TRIES = 30
# Whoever begins to read meanwhile waits as long, each time.
TRIES_OF_SWAP = 10
TYPES: Mapping[str, str] = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38, 0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
}
KEYS: Mapping[str, tuple[str, ...]] = {mart.name: mart.key for mart in MARTS if mart.key}
# What dashboards filter by, beside the keys.
INDEXES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "indicator_result": (("org_type", "org_code", "period_end"), ("period_end",)),
    "indicator_latest": (("org_type", "org_code"), ("indicator_id",)),
    "component_value": (("practice_code", "month"),),
}


@dataclass(frozen=True)
class Loaded:
    """What was loaded: which release, how many tables and rows; none where there was nothing to do."""

    release_id: str
    tables: int
    rows: int


def load(
    release: Release,
    url: str,
    schema: str = SCHEMA,
    *,
    is_wanted: Callable[[], bool] = lambda: True,
    again: bool = True,
    first: bool = True,
    work: Path | None = None,
) -> Loaded:
    """Make the serving copy of a release what readers of the schema see.

    Args:
        url: postgresql:// address of the database; the role in it must be allowed to create schemas.
        is_wanted: asked at the end: a release that was taken back meanwhile is not shown.
        again: also where readers see it: another loader may have loaded it while this waited for its turn.
        first: also where readers see none.
        work: where rows lie on their way, a table at a time; None: where temporary files of this machine are.

    Raises:
        PcwError: the database cannot be reached or refuses, another copy is being made for long, somebody still reads
            the copy before the last, or it is wanted no more. What readers see is untouched.
    """
    import psycopg2

    with _connected(url) as connection:
        try:
            with connection.cursor() as cursor:
                _alone(cursor)
                shown = _shown(cursor, schema)
                if (shown == release.release_id and not again) or (shown is None and not first):
                    return Loaded(release.release_id, 0, 0)
            connection.autocommit = False
            with connection, connection.cursor() as cursor:
                _drop(cursor, PREVIOUS if schema == SCHEMA else f"{schema}_previous")
            with connection, connection.cursor() as cursor:
                loaded = _load(release, cursor, schema, is_wanted, work)
            return loaded
        except psycopg2.Error as error:
            raise PcwError(
                f"Release {release.release_id} was not copied to PostgreSQL, readers keep what they have: "
                f"{_told(error)}"
            ) from error


def loaded_release(url: str, schema: str = SCHEMA) -> str | None:
    """Id of the release that readers of the schema see; None where there is no copy.

    Raises:
        PcwError: the database cannot be reached or refuses.
    """
    import psycopg2

    with _connected(url) as connection, connection.cursor() as cursor:
        try:
            return _shown(cursor, schema)
        except psycopg2.Error as error:
            raise PcwError(f"PostgreSQL does not say which release it has: {_told(error)}") from error


def _shown(cursor: "Cursor", schema: str) -> str | None:
    cursor.execute("select to_regclass(%s)", [f"{quote(schema)}.release"])
    if cursor.fetchone() == (None,):
        return None
    cursor.execute(f"select release_id from {quote(schema)}.release")
    found = cursor.fetchone()
    return found[0] if found else None


def _load(release: Release, cursor: "Cursor", schema: str, is_wanted: Callable[[], bool], work: Path | None) -> Loaded:
    building, previous = f"{schema}_building", f"{schema}_previous"
    cursor.execute(f"create schema {quote(building)}")
    tables = rows = 0
    with tempfile.TemporaryDirectory(prefix="pcw-postgres-", dir=work) as folder, _opened(release) as source:
        comments = {**comments_of(source, "release"), **dict(views_of(source, "release"))}
        for table, columns in columns_of(source, "release").items():
            file = Path(folder) / "rows.csv"
            rows += _copy(source, cursor, building, table, columns, comments.get(table), file)
            tables += 1
    cursor.execute(f"comment on schema {quote(building)} is {literal(f'Release {release.release_id}')}")
    rights.grant(cursor, building)
    if _exists(cursor, schema):
        rights.grant_alike(cursor, schema, building)
    # A statement that has found half of its tables by name would find the others in the next copy. Where somebody reads
    # for long the swap does not wait for that.
    _take(cursor, schema, TRIES_OF_SWAP)
    if not is_wanted():
        raise PcwError(
            f"Readers see another release than {release.release_id} now, so it was not copied to PostgreSQL."
        )
    if _exists(cursor, schema):
        # Queries that go on keep their tables; nobody may begin one: this release may have been taken back.
        rights.revoke(cursor, schema)
        cursor.execute(f"alter schema {quote(schema)} rename to {quote(previous)}")
    cursor.execute(f"alter schema {quote(building)} rename to {quote(schema)}")
    return Loaded(release.release_id, tables, rows)


def _copy(
    source: duckdb.DuckDBPyConnection,
    cursor: "Cursor",
    schema: str,
    table: str,
    columns: Sequence[Column],
    comment: str | None,
    file: Path,
) -> int:
    """One table with its rows, key, indexes and comments; a view becomes the table of its rows."""
    target = f"{quote(schema)}.{quote(table)}"
    body = ", ".join(
        f"{quote(column.name)} {_type(table, column)}{'' if column.nullable else ' not null'}" for column in columns
    )
    cursor.execute(f"create table {target} ({body})")
    texts = ", ".join(quote(column.name) for column in columns if column.type == "VARCHAR")
    # Null is nothing between two commas, an empty text is "": so texts are always quoted.
    quoted = f", force_quote ({texts})" if texts else ""
    how = f"format csv, header false, nullstr ''{quoted}"
    (written,) = source.execute(f"copy (from {quote(table)}) to {literal(str(file))} ({how})").fetchall()
    with file.open("rb") as lines:
        cursor.copy_expert(f"copy {target} from stdin (format csv, null '')", lines)
    if cursor.rowcount != written[0]:
        raise PcwError(f"{written[0]} rows of {table} were written and {cursor.rowcount} arrived; nothing is changed.")
    key = KEYS.get(table)
    if key:
        # Not a primary key: a result without an organisation has a null in its key.
        cursor.execute(f"create unique index on {target} ({', '.join(map(quote, key))})")
    for index in INDEXES.get(table, ()):
        cursor.execute(f"create index on {target} ({', '.join(map(quote, index))})")
    if comment:
        cursor.execute(f"comment on table {target} is {literal(comment)}")
    for column in columns:
        if column.comment:
            cursor.execute(f"comment on column {target}.{quote(column.name)} is {literal(column.comment)}")
    cursor.execute(f"analyze {target}")
    return int(written[0])


def _type(table: str, column: Column) -> str:
    if column.type in TYPES:
        return TYPES[column.type]
    if decimal := re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", column.type):
        return f"numeric({decimal[1]}, {decimal[2]})"
    raise PcwError(
        f"Column {column.name} of {table} has the type {column.type}, which has no counterpart in PostgreSQL here: add "
        "it to TYPES of publishing/postgres_copy.py."
    )


def _alone(cursor: "Cursor") -> None:
    """Wait for whoever loads a copy now."""
    from psycopg2.errors import LockNotAvailable

    cursor.execute(f"set lock_timeout = '{WAIT}'")
    try:
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])
    except LockNotAvailable:
        raise PcwError("Another copy is being loaded into this database. Wait until it has ended.") from None


def _drop(cursor: "Cursor", schema: str) -> None:
    """Remove the copy before the last; a query that still reads it has some seconds to end."""
    if not _take(cursor, schema, TRIES):
        raise PcwError(
            f"Somebody still reads {schema}, the copy before the last, so no new copy was made. pg_stat_activity says "
            "who; try again when the query has ended."
        )
    cursor.execute(f"drop schema if exists {quote(schema)} cascade")


def _take(cursor: "Cursor", schema: str, tries: int) -> bool:
    """Whether the transaction has all tables of a copy for itself: no statement reads them, and none begins to.

    The time is that of all of them together: limited for each, a loader that waits for one after another keeps those
    that it has for longer than PostgreSQL lets a query wait.
    """
    from psycopg2.errors import QueryCanceled

    cursor.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema])
    tables = ", ".join(f"{quote(schema)}.{quote(table)}" for (table,) in cursor.fetchall())
    if not tables:
        return True
    for _ in range(tries):
        cursor.execute("savepoint before_locks")
        cursor.execute(f"set local statement_timeout = '{GIVE_WAY}'")
        try:
            cursor.execute(f"lock table {tables} in access exclusive mode")
        except QueryCanceled:
            cursor.execute("rollback to savepoint before_locks")
        else:
            cursor.execute("set local statement_timeout to default")
            return True
    return False


def _exists(cursor: "Cursor", schema: str) -> bool:
    cursor.execute("select 1 from pg_namespace where nspname = %s", [schema])
    return cursor.fetchone() is not None


@contextmanager
def _opened(release: Release) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    try:
        attach(connection, release.path, "release")
        connection.execute("use release")  # a view names its tables without their file
        yield connection
    finally:
        connection.close()


@contextmanager
def _connected(url: str) -> Iterator["Connection"]:
    import psycopg2

    try:
        connection = psycopg2.connect(url, connect_timeout=10, application_name="Primary Care Warehouse")
    except (psycopg2.Error, UnicodeError) as error:
        raise PcwError(f"The serving database (PCW_SERVING_URL) cannot be reached: {_reason(error)}.") from None
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


# What the driver says of a connection quotes pieces of the address, and a password with `@` or `/` is one of them.
REASONS: Mapping[str, str] = {
    "invalid": "the address is none: a character like @, / or % in a password is written %40, %2F, %25",
    "missing": "the address is none: a character like @, / or % in a password is written %40, %2F, %25",
    "password authentication failed": "it refuses the role or its password",
    "no password supplied": "it wants a password",
    "does not exist": "there is no such role or database",
    "permission denied": "the role may not connect",
    "connection refused": "nobody listens at that host and port",
    "could not translate host name": "the host is not known",
    "timeout expired": "it did not answer in 10 seconds",
}


def _reason(error: Exception) -> str:
    said = str(error).lower()
    return next((ours for theirs, ours in REASONS.items() if theirs in said), "psql with the same address says why")


def _told(error: Exception) -> str:
    """What the server says of a statement; no statement of ours holds the address."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
