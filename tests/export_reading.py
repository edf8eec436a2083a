"""A second reading of exports, by other readers than wrote them: Polars for Parquet, Python's csv for CSV.

It undoes the guard of text by the sentence of README.txt, not by the code that puts it there. No test is in here.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars

Rows = list[tuple[Any, ...]]


def released_tables(file: Path) -> Mapping[str, tuple[Mapping[str, str], Rows]]:
    """Of each table of a release file its columns with their types, and its rows as they are stored."""
    with duckdb.connect(file, read_only=True) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'main'").fetchall()
        found = {}
        for (name,) in names:
            asked = connection.execute(f'from "{name}"')
            columns = {column[0]: str(column[1]) for column in asked.description or ()}
            found[name] = (columns, asked.fetchall())
        return found


def csv_rows(data: bytes, types: Mapping[str, str]) -> Rows:
    """Rows of a CSV, each cell as the type that its column has in the release."""
    text = data.decode("utf-8-sig")
    assert data.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == list(types)
    return [tuple(_value(cell, kind) for cell, kind in zip(row, types.values(), strict=True)) for row in rows]


def _value(cell: str, kind: str) -> Any:
    if not cell:
        return None
    match kind.partition("(")[0]:
        case "VARCHAR":
            return re.sub(r"(^|[;\t\r\n])'", r"\1", cell)
        case "BOOLEAN":
            return {"true": True, "false": False}[cell]
        case "DATE":
            return date.fromisoformat(cell)
        case "TIMESTAMP":
            return datetime.fromisoformat(cell)
        case "DECIMAL":
            return Decimal(cell)
        case "DOUBLE":
            return float(cell)
        case _:
            return int(cell)


def parquet_rows(file: Path) -> Rows:
    """Rows of a Parquet file, by Polars."""
    return polars.read_parquet(file).rows()


def parquet_types(file: Path) -> list[str]:
    """Kinds of columns, as Polars names them."""
    return [str(kind) for kind in polars.read_parquet_schema(file).values()]


POLARS = {
    "VARCHAR": "String",
    "BOOLEAN": "Boolean",
    "DATE": "Date",
    "DOUBLE": "Float64",
    "INTEGER": "Int32",
    "BIGINT": "Int64",
}


def as_polars(kind: str) -> str:
    """The kind that Polars has for a type of DuckDB."""
    if kind.startswith("DECIMAL"):
        precision, scale = kind[8:-1].split(",")
        return f"Decimal(precision={precision}, scale={scale.strip()})"
    return "Datetime(time_unit='us', time_zone=None)" if kind == "TIMESTAMP" else POLARS[kind]


def differences(file: Path, folder: Path) -> Iterator[str]:
    """What an audience's folder says otherwise than the file of its release, table by table."""
    tables = released_tables(file)
    found = {path.stem for path in (folder / "parquet").iterdir()}
    if found != tables.keys():
        yield f"tables: {sorted(found ^ tables.keys())}"
    with zipfile.ZipFile(folder / "csv.zip") as zipped:
        in_zip = {name.removesuffix(".csv") for name in zipped.namelist() if name.endswith(".csv")} - {"dictionary"}
        if in_zip != tables.keys():
            yield f"CSV: {sorted(in_zip ^ tables.keys())}"
        for name, (types, rows) in tables.items():
            if csv_rows(zipped.read(f"{name}.csv"), types) != rows:
                yield f"{name}.csv has other rows"
            parquet = folder / "parquet" / f"{name}.parquet"
            if parquet_rows(parquet) != rows:
                yield f"{name}.parquet has other rows"
            if parquet_types(parquet) != [as_polars(kind) for kind in types.values()]:
                yield f"{name}.parquet has other types: {parquet_types(parquet)}"


def by_practice_plainly(file: Path) -> Rows:
    """All indicators by practice, put together row by row from the tables: the plain second way."""
    with duckdb.connect(file, read_only=True) as connection:

        def rows(table: str) -> list[dict[str, Any]]:
            asked = connection.execute(f"from {table}")
            names = [column[0] for column in asked.description or ()]
            return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]

        definitions = {(row["indicator_id"], row["version"]): row for row in rows("indicator")}
        places = {(row["practice_code"], row["month"]): row for row in rows("practice_month")}
        names: dict[tuple[str, str], tuple[date, str]] = {}
        for row in rows("organisation"):
            kind = "practice" if row["org_type"] == "cost_centre" else row["org_type"]
            since, known = row["valid_from"] or date.min, names.get((kind, row["org_code"]))
            if row["name"] is not None and (known is None or since > known[0]):
                names[kind, row["org_code"]] = since, row["name"]
        [release] = rows("release")
        results = rows("indicator_result")
    found = []
    for row in results:
        if not row["is_headline"] or (row["org_type"], row["org_view"]) != ("practice", "as_at"):
            continue
        code, definition = row["org_code"], definitions.get((row["indicator_id"], row["version"]), {})
        place = places.get((code, row["period_end"].replace(day=1)), {})
        hood, pcn = place.get("neighbourhood"), place.get("pcn")
        name, hood_name, pcn_name = (
            names.get(key, (None, None))[1] for key in (("practice", code), ("neighbourhood", hood), ("pcn", pcn))
        )
        found.append(
            (
                *(row["period_end"], code, name, place.get("commissioner_code"), hood, hood_name, pcn, pcn_name),
                *(row["indicator_id"], row["version"], definition.get("name"), definition.get("unit")),
                *(row["variant"], row["window_start"], row["numerator"], row["denominator"]),
                *(definition.get("multiplier"), row["value"], row["target"], row["band"], row["rag"]),
                *(row["state"], row["state_reason"], row["data_month"], release["release_id"]),
            )
        )
    return sorted(found, key=lambda row: (row[0], row[1], row[8], row[9]))
