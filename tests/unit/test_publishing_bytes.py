"""What the bytes of the published file give away: nothing but its tables, whatever the exact file held before.

DuckDB does not wipe what it overwrites. What is hidden in the tables belongs in `test_publishing_suppression`.
"""

import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.verdict import Verdict
from pcw.home import Home
from publishing import release as releasing
from publishing.audiences import COMMISSIONER, Audience
from publishing.shelf import Release
from publishing.suppression import active_rule, suppress
from publishing.tables import attach
from tests.unit.patients_build import build_with_patients
from tests.unit.publishing_build import release_of

# Of a DuckDB file: three headers, then blocks that begin with a checksum.
HEADERS, BLOCK, CHECKSUM = 3 * 4096, 1 << 18, 8
WINDOW = 32
MANY = 200_000
COPIES = 20
# Values of which the readers' file has others in these builds.
HIDDEN = {("component_value", "value"), ("indicator_result", "numerator"), ("indicator_result", "value")}

Writer = Callable[[releasing._Building, Path, Home, Sequence[Audience], Sequence[Verdict], str], list[Verdict]]


def published(folder: Path, *, practices: int, **changes: Any) -> tuple[Release, Path]:
    """A release of so many more practices with counts of 0 to 7, and a file that holds its tables and nothing else."""
    file = build_with_patients(folder)
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "insert into component_value select 'sus_spells', 'N' || hash(range), date '2017-06-01', "
            f"hash(range, 1) % 8, true from range({practices})"
        )
    release = release_of(Home(folder / "home").create(), file, **changes)
    return release, copy_of(release, folder / "copy.duckdb")


def copy_of(release: Release, copy: Path) -> Path:
    """A file that holds the tables that are shown and nothing else."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, release.path, "shown")
        attach(connection, copy, "copy", write=True)
        connection.execute("copy from database shown to copy")
    return copy


def pieces(file: Path) -> set[bytes]:
    """The file in pages of 4 KiB, without those of the catalogue and those that hold next to nothing."""
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select table_name from duckdb_tables() where table_name like '%\\_%' escape '\\' "
            "union select comment from duckdb_columns() where length(comment) > 20"
        ).fetchall()
    catalogue = [word.encode() for (word,) in found]
    data = file.read_bytes()
    pages = {data[start : start + 4096] for start in range(0, len(data), 4096)}
    return {page for page in pages if len(set(page)) > 16 and not any(word in page for word in catalogue)}


def pages_left_over(release: Release, folder: Path) -> set[bytes]:
    """Pages that the exact file and the published one share, and that no copy of what is shown has.

    DuckDB packs the same text in other bytes now and then (the symbols that it chooses for it differ from file to
    file), so that a page of a shown column can be missing in one copy, but not in all.
    """
    left = pieces(release.private_path) & pieces(release.path)
    for number in range(COPIES):
        if left:
            left -= pieces(copy_of(release, folder / f"copy-{number}.duckdb"))
    return left


def stored_values(file: Path) -> dict[tuple[str, str], set[bytes]]:
    """Pieces of the bytes in which each column is stored, of any length of column: (table, column) -> pieces."""
    data, stored = file.read_bytes(), defaultdict(set)
    with duckdb.connect(str(file), read_only=True) as connection:
        segments = [
            (block, offset, table, column)
            for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall()
            for block, offset, column in connection.execute(
                f"select block_id, block_offset, column_name from pragma_storage_info('{table}') "
                "where persistent and block_id >= 0 and segment_type <> 'VALIDITY'"
            ).fetchall()
        ]
    places = sorted(segments)
    for place, following in zip(places, [*places[1:], None], strict=True):
        block, offset, table, column = place
        start = HEADERS + block * BLOCK + CHECKSUM
        end = start + following[1] if following and following[0] == block else start - CHECKSUM + BLOCK
        segment = data[start + offset : end].rstrip(b"\0")
        found = (segment[at : at + WINDOW] for at in range(0, len(segment) - WINDOW, max(WINDOW, len(segment) // 8)))
        stored[table, column] |= {piece for piece in found if len(set(piece)) >= 10}
    return stored


def withheld(release: Release) -> set[tuple[str, str]]:
    """Columns of the exact file with a value that the published one does not show; all others hide nothing."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, release.private_path, "exact")
        attach(connection, release.path, "shown")
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = 'exact'"
        ).fetchall()
        shown = set(
            connection.execute(
                "select table_name, column_name from duckdb_columns() where database_name = 'shown'"
            ).fetchall()
        )
        return {
            (table, column)
            for table, column in columns
            if (table, column) not in shown
            or connection.execute(
                f'select "{column}" from exact."{table}" except select "{column}" from shown."{table}" limit 1'
            ).fetchall()
        }


def left_over(release: Release, copy: Path) -> set[tuple[str, str]]:
    """Withheld columns of the exact file of which bytes lie in the published one, and not in its tables.

    Of a column that is shown whole, DuckDB now and then packs the same text in other bytes (the symbols that it
    chooses for it differ from file to file), so that such a column is not looked for.
    """
    shown, tables, columns = release.path.read_bytes(), copy.read_bytes(), withheld(release)
    return {
        column
        for column, pieces_of_it in stored_values(release.private_path).items()
        if column in columns and any(piece in shown and piece not in tables for piece in pieces_of_it)
    }


def test_few_exact_counts_are_not_left_in_the_bytes(tmp_path: Path) -> None:
    """Where tables are small, their values share pages with the catalogue, which `pieces` leaves out."""
    release, copy = published(tmp_path, practices=0)
    assert stored_values(release.private_path).keys() >= HIDDEN
    assert left_over(release, copy) == set()


def test_the_bytes_of_the_published_file_hold_nothing_but_its_tables(tmp_path: Path) -> None:
    release, copy = published(tmp_path, practices=MANY)
    assert left_over(release, copy) == set()
    assert pages_left_over(release, tmp_path) == set()


def _hidden_in_a_copy(
    building: releasing._Building,
    warehouse: Path,
    home: Home,
    audiences: Sequence[Audience],
    verdicts: Sequence[Verdict],
    memory_limit: str,
) -> list[Verdict]:
    """As if the scratch copy of the exact file were published."""
    shutil.copyfile(building.private, building.suppressed(0))
    _suppress(building.suppressed(0), warehouse)
    shutil.copyfile(building.suppressed(0), building.audience)
    return []


def _hidden_in_place(
    building: releasing._Building,
    warehouse: Path,
    home: Home,
    audiences: Sequence[Audience],
    verdicts: Sequence[Verdict],
    memory_limit: str,
) -> list[Verdict]:
    """As if exact tables were copied into the published file and hidden there."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, building.private, "exact")
        attach(connection, building.audience, "audience", write=True)
        connection.execute("copy from database exact to audience")
    _suppress(building.audience, warehouse)
    return []


def _suppress(file: Path, warehouse: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        attach(connection, warehouse, "build")
        attach(connection, file, "release", write=True)
        suppress(connection, "build", "release", active_rule(connection, "build", COMMISSIONER))
        connection.execute("checkpoint release")


@pytest.mark.parametrize("practices", [0, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("writer", [_hidden_in_a_copy, _hidden_in_place])
def test_the_search_finds_exact_counts_in_freed_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: Writer, practices: int
) -> None:
    """The proof of the tests above: both ways of publishing leave the hidden counts, few or many, and are found."""
    monkeypatch.setattr(releasing, "_write_audiences", writer)
    release, copy = published(tmp_path, practices=practices, audiences=())
    assert left_over(release, copy) >= HIDDEN
    if practices == MANY:
        assert pages_left_over(release, tmp_path)
