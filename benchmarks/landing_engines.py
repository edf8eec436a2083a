"""Reading one month of prescribing: ours (decode, text to types with reasons, Parquet) against bare typed copies.

The bare copies are by DuckDB and by Polars.

    .venv/bin/python benchmarks/landing_engines.py [ROWS]

Prints medians of three runs and ratios within this run; figures of different machines or runs do not compare.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import polars

from sources.contracts import load_contracts
from sources.opening import open_members
from sources.reader import periods_of, read_members
from sources.recognition import recognise

RUNS = 3
CONTRACT = load_contracts()["epd"]
LAYOUT = CONTRACT.layouts[0]
POLARS = {"integer": polars.Int64, "text": polars.String, "month": polars.String, "date": polars.String}


def write_month(path: Path, rows: int) -> None:
    """A file of the 26-column layout with plausible widths."""
    values = {
        "year_month": "'201704'", "practice_code": "'N8' || lpad((i % 6500)::varchar, 4, '0')",
        "practice_name": "'SURGERY ' || (i % 6500)", "pco_code": "'99A00'", "pco_name": "'NHS SOMEWHERE CCG'",
        "regional_office_name": "'NORTH OF ENGLAND'",
        "regional_office_code": "'Y54'", "icb_name": "'AREA'", "icb_code": "'Q75'",
        "bnf_code": "'0501013B0AAABAB'", "bnf_description": "'Amoxicillin_Cap 500mg'",
        "chemical_substance_code": "'0501013B0'", "chemical_substance_name": "'Amoxicillin'",
        "bnf_chapter_plus_code": "'05: Infections'",
        "quantity": "(i % 90) + 1", "items": "(i % 7) + 1", "total_quantity": "((i % 90) + 1) * ((i % 7) + 1)",
        "adq_usage": "0", "nic": "(i % 1000) / 100", "actual_cost": "((i % 1000) / 107)::decimal(12, 5)",
        "unidentified": "'N'",
    }  # fmt: skip
    columns = ", ".join(f"{values.get(name, 'null')} as {names[0]}" for name, names in LAYOUT.names.items())
    duckdb.execute(f"copy (select {columns} from range({rows}) as numbers (i)) to '{path}' (header true)")


def ours(path: Path, work: Path) -> None:
    """What landing does before the gates, without hashing."""
    (work / "members").mkdir()
    [member] = open_members(path, path.name, work / "members")
    found = recognise(member, [CONTRACT])
    with duckdb.connect(str(work / "staging.duckdb")) as connection:
        read_members(connection, CONTRACT, [(member, found)])
        periods_of(connection, CONTRACT, path.name, None, date(2026, 1, 1))
        connection.execute(f"copy (from staged order by source_row) to '{work / 'out.parquet'}' (compression zstd)")


def bare_duckdb(path: Path, work: Path) -> None:
    """Typed columns straight to Parquet; a bad value stops it."""
    types = {
        LAYOUT.names[c.name][0]: "varchar" if c.type in ("text", "month") else c.sql_type
        for c in CONTRACT.columns
        if c.name in LAYOUT.names
    }
    duckdb.execute(f"copy (from read_csv('{path}', columns = {types})) to '{work / 'out.parquet'}' (compression zstd)")


def bare_polars(path: Path, work: Path) -> None:
    """The same with Polars; decimals as floats, which we could not keep."""
    schema = {
        LAYOUT.names[c.name][0]: POLARS.get(c.type, polars.Float64) for c in CONTRACT.columns if c.name in LAYOUT.names
    }
    polars.scan_csv(path, schema=schema).sink_parquet(work / "out.parquet", compression="zstd")


def seconds(function: Callable[[Path, Path], None], path: Path) -> tuple[float, float]:
    """Median wall and CPU seconds."""
    walls, cpus = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            wall, cpu = time.perf_counter(), time.process_time()
            function(path, Path(folder))
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def main() -> None:
    """Write a month, time the three, print a table."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "EPD_201704.csv"
        write_month(path, rows)
        print(f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB; median of {RUNS}; ratios to the bare DuckDB copy")
        timed = {function.__name__: seconds(function, path) for function in (bare_duckdb, bare_polars, ours)}
    base = timed["bare_duckdb"]
    for name, (wall, cpu) in timed.items():
        print(f"{name:12} wall {wall:6.2f} s ({wall / base[0]:.2f}x)   cpu {cpu:6.2f} s ({cpu / base[1]:.2f}x)")


if __name__ == "__main__":
    main()
