"""CSV as people open it, alone or in a zip: written by DuckDB, a line a row.

Belongs here: bytes. UTF-8 with a byte order mark, because Excel takes a CSV without one for the Windows code page and
spoils every name with an accent or a pound sign; Polars, pandas, DuckDB and readr skip it. Lines end with CRLF
(RFC 4180). Dates are ISO, moments UTC; null is an empty cell. What text needs is in `cells`. Zips hold plain names
without folders above them, and the moment of the release: the same release gives the same bytes.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from pcw.errors import PcwError
from publishing.exports.cells import PLAIN, TEXT
from publishing.tables import Column, quote

BOM = "\ufeff"
END = "\r\n"
LINES = 20_000
# A member of 2 GiB or more must say so at its start; no row has 400 bytes on average.
LARGE_FROM_ROWS = 5_000_000
PLAIN_FILE = 0o100644


def lines(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[Column], where: str = "true"
) -> Iterator[bytes]:
    """The bytes of a CSV of a table, in the order of storage, in pieces.

    Args:
        relation: its full name in SQL.

    Raises:
        PcwError: a column has a type that nobody decided how to write.
    """
    cells = ", ',', ".join(f"coalesce({_cell(relation, column)}, '')" for column in columns)
    yield (BOM + ",".join(column.name for column in columns) + END).encode()
    found = connection.execute(f"select concat({cells}) from {relation} where {where}")
    while rows := found.fetchmany(LINES):
        yield "".join(f"{line}{END}" for (line,) in rows).encode()


def _cell(relation: str, column: Column) -> str:
    """SQL of the text of a cell."""
    if column.type == TEXT:
        return f"written_cell({quote(column.name)})"
    if column.type.partition("(")[0] in PLAIN:
        return f"{quote(column.name)}::varchar"
    raise PcwError(
        f"Column {column.name} of {relation} has the type {column.type}, and it is not decided how CSV shows that. "
        "Say it in publishing/exports/cells.py."
    )


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """A CSV as a file of its own."""
    with path.open("wb") as file:
        for piece in pieces:
            file.write(piece)


class Zip:
    """A zip that is being written, member by member."""

    def __init__(self, path: Path, at: datetime) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._at = at.timetuple()[:6]

    def __enter__(self) -> "Zip":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def add(self, name: str, pieces: Iterable[bytes], *, rows: int = 0) -> None:
        """One more member."""
        member = zipfile.ZipInfo(name, self._at)
        member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, PLAIN_FILE << 16
        with self._zip.open(member, "w", force_zip64=rows >= LARGE_FROM_ROWS) as file:
            for piece in pieces:
                file.write(piece)
