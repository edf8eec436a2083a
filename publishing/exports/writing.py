"""All exports of a release: a folder for each audience, made of that audience's file and of nothing else.

Belongs here: which files there are. What is not in the file of an audience cannot get into its folder. Of the
indicators by practice the newest month lies open, since that is what most people come for; every month is in one
Parquet file, and in a zip with a CSV for each: as plain files they would be hundreds of megabytes in every release, and
one CSV of them all more rows than a sheet holds.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from pcw.duck import RIGHT_ROWS
from pcw.errors import PcwError
from publishing.audiences import COMMISSIONER
from publishing.exports import by_practice, cells, csv_files, dictionary, parquet_files, readme, semantic
from publishing.exports.described import Table, tables_of, views_of
from publishing.shelf import Release
from publishing.suppression import UNSAID
from publishing.tables import attach


def write(release: Release, folder: Path, *, memory_limit: str, work: Path) -> None:
    """Fill a folder with the exports of a release.

    Args:
        work: where DuckDB may spill.

    Raises:
        PcwError: an audience's file cannot be read, or has a column that nobody decided how to write.
    """
    for audience in sorted({COMMISSIONER, *release.audiences}):
        place = folder / audience
        place.mkdir()
        try:
            with (
                TemporaryDirectory(dir=work, prefix="exports-") as spilled,
                duckdb.connect(
                    config={**RIGHT_ROWS, "memory_limit": memory_limit, "temp_directory": spilled}
                ) as connection,
            ):
                _write_audience(connection, release, audience, place)
        except (duckdb.Error, OSError) as error:
            raise PcwError(
                f"The exports of release {release.release_id} for {audience} could not be written: {error}. The "
                "release stands, and its DuckDB files are whole. Put that right and run `pcw export`."
            ) from error


def _write_audience(connection: duckdb.DuckDBPyConnection, release: Release, audience: str, place: Path) -> None:
    attach(connection, release.file_of(audience), "release")
    cells.define(connection)
    facts = {"release_id": release.release_id, "audience": audience}
    tables = tables_of(connection, "release")
    indicators = by_practice.build(connection, "release", "memory")
    described = [*tables, indicators] if indicators else tables
    said = readme.text(release, audience, tables, _disclosure(connection, tables), indicators is not None)
    (place / "README.txt").write_bytes(said)
    (place / "dictionary.csv").write_bytes(dictionary.as_csv(described))
    page = dictionary.as_page(described, views_of(connection, "release"), release.release_id, audience)
    (place / "dictionary.html").write_text(page, encoding="utf-8")
    if known := semantic.definitions(connection, "release"):
        with_roll_up = semantic.has_roll_up(connection, "release")
        text = semantic.as_yaml(known, release.release_id, with_roll_up=with_roll_up)
        (place / semantic.NAME).write_text(text, encoding="utf-8")
    (place / "parquet").mkdir()
    for table in tables:
        parquet_files.write(connection, table, place / "parquet" / f"{table.name}.parquet", facts)
    created = f"{release.created_at:%Y-%m-%dT%H:%M:%SZ}"
    package = dictionary.as_package(tables, release.release_id, created, audience)
    with csv_files.Zip(place / "csv.zip", release.created_at) as zipped:
        zipped.add("README.txt", [said])
        zipped.add("dictionary.csv", [dictionary.as_csv(tables)])
        zipped.add("datapackage.json", [package.encode()])
        for table in tables:
            pieces = csv_files.lines(connection, table.relation, table.columns)
            zipped.add(f"{table.name}.csv", pieces, rows=table.rows)
    if indicators is not None:
        _write_indicators(connection, indicators, place, facts, release.created_at)


def _disclosure(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table]) -> str:
    """What the file says is hidden and rounded in it."""
    if not any(table.name == "release" and "disclosure" in (one.name for one in table.columns) for table in tables):
        return UNSAID
    row = connection.execute("select disclosure from release.main.release").fetchone()
    return UNSAID if row is None or row[0] is None else str(row[0])


def _write_indicators(
    connection: duckdb.DuckDBPyConnection, table: Table, place: Path, facts: dict[str, str], at: datetime
) -> None:
    parquet_files.write(connection, table, place / f"{table.name}.parquet", facts)
    newest = by_practice.newest_month(connection, table)
    with csv_files.Zip(place / f"{table.name}.zip", at) as zipped:
        for month in by_practice.months_of(connection, table):
            name = f"{table.name}_{month:%Y-%m}.csv"
            pieces = csv_files.lines(connection, table.relation, table.columns, by_practice.in_month(month))
            zipped.add(name, pieces)
            if month == newest:
                pieces = csv_files.lines(connection, table.relation, table.columns, by_practice.in_month(month))
                csv_files.write(place / name, pieces)
