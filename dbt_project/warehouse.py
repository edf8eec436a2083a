"""The build database as a file: whether it can be read, and throwing it away.

It is disposable, because everything in it is made from landing. What stands in it belongs in `feeds` and the models.
"""

from pathlib import Path

import duckdb

from pcw.errors import PcwError


def assert_closed(warehouse: Path, error: duckdb.Error) -> None:
    """A build database that somebody else has open is not damaged."""
    if "could not set lock" in str(error).lower():  # a damaged block is another matter
        raise PcwError(f"{warehouse.name} is open in another program: {error}. Close it and run again.") from error


def damage_of(warehouse: Path, *, deep: bool) -> str | None:
    """What DuckDB says of a build database that it cannot read; None where it is whole or not there.

    Args:
        deep: read every row; else whether it opens.
    """
    if not warehouse.exists():
        return None
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() where not internal"
            ).fetchall()
            for schema, table in tables if deep else []:
                connection.execute(f'select bit_xor(hash(read)) from "{schema}"."{table}" as read').fetchall()
    except duckdb.Error as error:
        assert_closed(warehouse, error)
        return str(error).splitlines()[0]
    return None


def discard(warehouse: Path) -> None:
    """Throw a build database away: the next build makes it from landing."""
    warehouse.unlink(missing_ok=True)
    warehouse.with_name(warehouse.name + ".wal").unlink(missing_ok=True)
