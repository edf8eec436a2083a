"""How cost grows with prescribing on DuckDB and on Spark: the same models of the same Parquet, at three sizes.

    .venv/bin/python -m benchmarks.spark_slopes [ROWS ...]

One month of made-up prescribing lines of England's 6,500 practices, in one Parquet file; what is built are the models
of `prescribing` with all that they read. Prints CPU and wall seconds of the whole dbt process with its JVM, and the
slope between the smallest and the largest size, in which starting costs nothing. Spark has the processors of this
machine (`local[*]`). Kept results: benchmarks/results.md.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb

from orchestration.dbt_program import DBT
from tests.pipeline.dbt_scenario import fill
from tests.pipeline.dbt_support import PROJECT, Feeds
from tests.spark import dbt_on_spark

SIZES = (250_000, 1_000_000, 4_000_000)
MONTH = date(2017, 5, 1)
SELECT = ("build", "--select", "+path:models/prescribing", "path:seeds", "--exclude-resource-type", "unit_test", "test")
LINES = """
select
    month as year_month, 'P' || lpad(cast(number % 6500 as varchar), 5, '0') as practice_code,
    lpad(cast(1 + number % 21 as varchar), 2, '0') || lpad(cast(number % 2903 as varchar), 7, '0') || 'AAAAAA'
        as bnf_code,
    1 + number % 40 as items, cast(1 + number % 90 as decimal(18, 5)) as quantity,
    cast((1 + number % 40) * (1 + number % 90) as decimal(18, 5)) as total_quantity,
    cast((number % 4001) / 100 as decimal(18, 5)) as nic, cast((number % 3701) / 100 as decimal(18, 5)) as actual_cost,
    'N' as unidentified, 'england' as submission_id, number as source_row
from (select unnest(range(?)) as number, cast(? as date) as month)
"""


def prepare(folder: Path, rows: int) -> Path:
    """A build database whose feed of prescribing is a view over so many lines, one file."""
    warehouse = folder / "warehouse.duckdb"
    feeds = Feeds(warehouse)
    fill(feeds)
    feeds.close_ledger()
    with duckdb.connect(str(warehouse)) as connection:
        columns = connection.execute("describe from feed.epd").fetchall()
        connection.execute(f"create temp table lines as {LINES}", [rows, MONTH])
        connection.execute(f"copy lines to '{folder}/epd.parquet' (format parquet)")
        known = {row[0] for row in connection.execute("describe from lines").fetchall()}
        selects = ", ".join(
            f"cast({n if n in known else 'null'} as {t}) as {n}" for n, t, *_ in columns if n != "period"
        )
        connection.execute("drop table feed.epd")
        landed = f"read_parquet('{folder}/epd.parquet')"
        connection.execute(f"create view feed.epd as select {selects}, date '{MONTH}' as period from {landed}")
    return warehouse


def on_duckdb(warehouse: Path) -> subprocess.CompletedProcess[str]:
    project, target = str(PROJECT), str(warehouse.parent / "target")
    line = [DBT, *SELECT, "--no-partial-parse", "--project-dir", project, "--profiles-dir", project,
            "--target-path", target, "--log-path", target, "--vars", '{"commissioner": "99A"}']  # fmt: skip
    environment = {**os.environ, "PCW_WAREHOUSE": str(warehouse), "DBT_LOG_LEVEL_FILE": "none", "DO_NOT_TRACK": "1"}
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def on_spark(warehouse: Path) -> subprocess.CompletedProcess[str]:
    return dbt_on_spark(warehouse, warehouse.parent / "spark", "local[*]", *SELECT)


def main() -> None:
    """Print one line for each engine and size, then the slopes, as JSON."""
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    spent: dict[str, list[float]] = {"duckdb": [], "spark": []}
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            warehouse = prepare(Path(folder), rows)
            for name, run in (("duckdb", on_duckdb), ("spark", on_spark)):
                before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
                done = run(warehouse)
                assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                spent[name].append(cpu)
                print(json.dumps({"engine": name, "rows": rows, "cpu_s": round(cpu, 1),
                                  "wall_s": round(time.monotonic() - began, 1)}), flush=True)  # fmt: skip
    for name, cpu in spent.items():
        slope = (cpu[-1] - cpu[0]) / (sizes[-1] - sizes[0]) * 1e6
        print(json.dumps({"engine": name, "cpu_s_per_million_rows": round(slope, 2)}))


if __name__ == "__main__":
    main()
