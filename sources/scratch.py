"""The scratch database of one received file: in memory where its rows are sure to fit, else a file beside its Parquet.

Belongs here: opening it, and settings that hold for one statement.

Which tables stand in it belongs in `staging`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from pcw.duck import RIGHT_ROWS

# Text cells of a few characters take sixteen bytes each: typed rows are up to seven times as large as their text.
ROOM = 8
# Compressing rows that are only read once costs more than their place on disk, unless there are very many.
LARGE = 1 << 30
_UNITS = {"bytes": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}


def open_scratch(work: Path, memory_limit: str, text_bytes: int) -> tuple[duckdb.DuckDBPyConnection, Path | None]:
    """A database for the rows of so many bytes of text, and its file if it has one. A file must be closed by the caller
    before the gates can open it; what is in memory they ask through the connection, which the caller closes after them.
    """
    config = {**RIGHT_ROWS, "memory_limit": memory_limit}
    connection = duckdb.connect(":memory:", config={**config, "temp_directory": str(work / "spilled")})
    if text_bytes * ROOM <= _memory_of(connection):
        return connection, None
    connection.close()
    file = work / "staging.duckdb"
    compression = "uncompressed" if text_bytes < LARGE else "auto"
    return duckdb.connect(str(file), config={**config, "force_compression": compression}), file


@contextmanager
def setting(connection: duckdb.DuckDBPyConnection, **values: str | int) -> Iterator[None]:
    """Settings of DuckDB that hold inside and are as before afterwards."""
    names = ", ".join(f"current_setting('{name}')" for name in values)
    [before] = connection.execute(f"select {names}").fetchall()
    _set(connection, values)
    try:
        yield
    finally:
        _set(connection, dict(zip(values, before, strict=True)))


def path_literal(path: Path) -> str:
    """A path as a text of SQL, for statements that take no parameter there."""
    return "'" + str(path).replace("'", "''") + "'"


def _set(connection: duckdb.DuckDBPyConnection, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        connection.execute(f"set {name} = '{str(value).replace(chr(39), chr(39) * 2)}'")


def _memory_of(connection: duckdb.DuckDBPyConnection) -> float:
    """The memory limit in bytes, of what DuckDB says as `3.7 GiB`."""
    [(said,)] = connection.execute("select current_setting('memory_limit')").fetchall()
    found = re.fullmatch(r"([0-9.]+) (\w+)", said)
    return float(found.group(1)) * (1 << _UNITS[found.group(2)]) if found else 0
