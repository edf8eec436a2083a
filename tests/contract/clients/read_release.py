"""Run by an older Python environment: what it reads of a release, as JSON on its standard output. No test is in here.

Usage: read_release.py FILE.duckdb [FOLDER OF AN AUDIENCE'S EXPORTS]
"""

import hashlib
import json
import sys
from pathlib import Path


def hashed(rows):  # type: ignore[no-untyped-def]
    return hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def by_duckdb(file):  # type: ignore[no-untyped-def]
    import duckdb

    connection = duckdb.connect(file, read_only=True)
    names = connection.execute("select table_name from duckdb_tables() where not internal").fetchall()
    views = connection.execute("select count(*) from indicator_latest").fetchall()[0][0]
    tables = {name: hashed(connection.execute(f'from "{name}"').fetchall()) for (name,) in names}
    comments = connection.execute("select count(comment) from duckdb_columns() where not internal").fetchall()[0][0]
    return {"version": duckdb.__version__, "tables": tables, "views": views, "comments": comments}


def by_arrow(folder):  # type: ignore[no-untyped-def]
    from pyarrow import parquet

    return {
        file.stem: hashed(row.values() for row in parquet.read_table(file).to_pylist())
        for file in sorted(Path(folder, "parquet").glob("*.parquet"))
    }


def by_pandas(folder):  # type: ignore[no-untyped-def]
    """Columns of text that differ between Parquet and CSV, read as README.txt says."""
    import zipfile

    import pandas

    wrong = []
    with zipfile.ZipFile(Path(folder, "csv.zip")) as zipped:
        for file in sorted(Path(folder, "parquet").glob("*.parquet")):
            frame = pandas.read_parquet(file)
            with zipped.open(f"{file.stem}.csv") as opened:
                read = pandas.read_csv(opened, dtype=str, keep_default_na=False, na_values=[""])
            if list(frame.columns) != list(read.columns) or len(frame) != len(read):
                wrong.append(file.stem)
            for name in frame.select_dtypes(["object", "string"]):
                kept = [value for value in frame[name] if isinstance(value, str)]
                undone = read[name].str.replace(r"(^|[;\t\r\n])'", r"\1", regex=True)
                if kept and kept != [value for value in undone if isinstance(value, str)]:
                    wrong.append(f"{file.stem}.{name}")
    return wrong


if __name__ == "__main__":
    found = {"duckdb": by_duckdb(sys.argv[1])}
    if len(sys.argv) > 2:
        found |= {"arrow": by_arrow(sys.argv[2]), "pandas": by_pandas(sys.argv[2])}
    print(json.dumps(found))
