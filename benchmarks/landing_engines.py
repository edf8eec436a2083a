"""Landing one month of prescribing: ours, from the received bytes to what stands in landing, against bare typed copies.

Ours hashes, decodes, types with reasons, asks the gates, writes Parquet and keeps the packed bytes; `careful` is the
same without the quick way of large files. The bare copies are by DuckDB and by Polars.

    .venv/bin/python -m benchmarks.landing_engines [FRACTION OF ENGLAND] [RUNS]

Each run is a process of its own, in turns. Prints medians of wall and CPU seconds, the peak of memory, and ratios to
the faster bare copy of the same call; figures of different machines or calls do not compare.
"""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars

from orchestration.landing import LandingOutcome, land
from pcw.home import Home
from pcw.settings import Settings
from sources import plain_csv
from sources.contracts import Column, load_contracts
from sources.receipts import receive

CONTRACT = load_contracts()["epd"]
POLARS = {
    "integer": polars.Int64,
    "text": polars.String,
    "month": polars.String,
    "decimal(18,5)": polars.Decimal(18, 5),
}
WAYS = ("duckdb", "polars", "ours", "careful")


def typed(path: Path) -> dict[str, Column]:
    """The columns of a file as its header calls them."""
    with path.open(encoding="utf-8") as handle:
        headers = handle.readline().strip().split(",")
    of_name = {column.name: column for column in CONTRACT.columns}
    return {header: of_name[CONTRACT.layouts[0].canonical_of[header]] for header in headers}


def bare_duckdb(path: Path, work: Path) -> None:
    """Typed columns straight to Parquet; a bad value stops it."""
    types = {name: "varchar" if c.type in ("text", "month") else c.sql_type for name, c in typed(path).items()}
    duckdb.execute(f"copy (from read_csv('{path}', columns = {types})) to '{work / 'out.parquet'}' (compression zstd)")


def bare_polars(path: Path, work: Path) -> None:
    """The same with Polars, which rounds amounts that do not fit."""
    schema = {name: POLARS[column.type] for name, column in typed(path).items()}
    polars.scan_csv(path, schema=schema).sink_parquet(work / "out.parquet", compression="zstd")


def ours(path: Path, work: Path) -> LandingOutcome:
    """What `pcw land` does, without Dagster."""
    home = Home(work / "home").create()
    return land(home, Settings(home=home.root), receive(path, datetime(2018, 1, 1, tzinfo=UTC)))


def once(way: str, path: Path) -> dict[str, float]:
    """Seconds and peak of one run in this process, with everything imported before."""
    import pyarrow.parquet  # noqa: F401

    with tempfile.TemporaryDirectory() as folder, path.open("rb") as handle:
        first = Path(folder) / path.name
        first.write_bytes(b"".join(handle.readlines(1_000_000)))
        ours(first, Path(folder))
    if way == "careful":
        plain_csv.LARGE = sys.maxsize
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        landed = {"duckdb": bare_duckdb, "polars": bare_polars}.get(way, ours)(path, Path(folder))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    assert landed is None or landed.submission is not None, landed.refusal
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"wall": wall, "cpu": cpu, "peak": peak / 1024, "imports": before / 1024}


def main() -> None:
    """Write a month, time the ways in turns, print a table."""
    fraction, runs = (sys.argv[1:] + ["0.27", "5"][len(sys.argv) - 1 :])[:2]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "feeds"
        sample = [sys.executable, "-c", "from orchestration.cli import main; main()", "sample", "--scale", "england"]
        subprocess.run(
            [*sample, "--month", "2017-06", "--feeds", "epd", "--fraction", fraction, "--out", str(out)],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        [path] = out.glob("EPD_*.csv")
        with path.open("rb") as handle:
            rows = sum(chunk.count(b"\n") for chunk in iter(lambda: handle.read(1 << 20), b"")) - 1
        print(f"{date.today()}: {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB; medians of {runs} runs")
        found: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(int(runs)):
            for way in WAYS:
                one = subprocess.run(
                    [sys.executable, "-m", "benchmarks.landing_engines", "--once", way, str(path)],
                    check=True, stdout=subprocess.PIPE, text=True,
                )  # fmt: skip
                found[way].append(json.loads(one.stdout.splitlines()[-1]))
        shutil.rmtree(out)
    table = {way: {key: statistics.median(run[key] for run in of) for key in of[0]} for way, of in found.items()}
    base = {key: min(table["duckdb"][key], table["polars"][key]) for key in ("wall", "cpu")}
    for way, of in table.items():
        print(
            f"{way:8} wall {of['wall']:6.2f} s ({of['wall'] / base['wall']:.2f}x)   "
            f"cpu {of['cpu']:6.2f} s ({of['cpu'] / base['cpu']:.2f}x)   peak {of['peak']:5.0f} MB "
            f"(imports {of['imports']:.0f})"
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        print(json.dumps(once(sys.argv[2], Path(sys.argv[3]))))
    else:
        main()
