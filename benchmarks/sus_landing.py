"""Sixteen months of hospital activity at Liverpool's size: landing with its gates against bare DuckDB.

    .venv/bin/python benchmarks/sus_landing.py [PRACTICES]

Bare DuckDB is `copy (select * from read_csv(...)) to parquet` of the same files. Prints seconds, and ratios within this
run; figures of different machines or runs do not compare. The build is that of the whole warehouse, with its release.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration import pipeline
from orchestration.landing import land
from pcw.home import Home
from pcw.settings import Settings
from sources.receipts import receive
from sources.synthetic.sample import write_sample

FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def is_sus(path: Path) -> bool:
    """Whether a sample file is one of hospital activity."""
    return path.name.upper().startswith(("SEM_", "EC_", "SUS_")) and not path.name.endswith(".json")


def bare(files: list[Path], out: Path) -> None:
    """What DuckDB alone takes to read the same files as text and write them as Parquet."""
    for path in files:
        duckdb.execute(
            f"copy (from read_csv('{path}', all_varchar = true)) to '{out / path.name}.parquet' (compression zstd)"
        )


def main(practices: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        sample, home = Path(folder) / "sample", Home(Path(folder) / "home").create()
        written = seconds(lambda: write_sample(sample, FIRST, LAST, practices=practices, with_truth=False))
        files = sorted(path for path in sample.iterdir() if path.is_file())
        sus = [path for path in files if is_sus(path)]
        size = sum(path.stat().st_size for path in sus) / 1e6
        (Path(folder) / "bare").mkdir()
        alone = seconds(lambda: bare(sus, Path(folder) / "bare"))
        settings = Settings(home=home.root)
        for path in files:  # registers first: the gates look codes up in them
            if not is_sus(path) and path.name.startswith("epraccur"):
                land(home, settings, receive(path, datetime.now(UTC)))
        rows = 0

        def all_sus() -> None:
            nonlocal rows
            for path in sus:
                outcome = land(home, settings, receive(path, datetime.now(UTC)))
                assert outcome.submission is not None, outcome.refusal
                rows += outcome.submission.rows_accepted

        landed = seconds(all_sus)
        rest = seconds(lambda: pipeline.run(settings, lambda line: None, inbox=sample, as_at=None, received_at=None))
        print(f"{len(sus)} files, {rows:,} rows, {size:,.0f} MB; sample written in {written:.1f} s")
        print(f"bare DuckDB to Parquet        {alone:7.1f} s")
        print(f"landing with gates 1 and 2    {landed:7.1f} s   {landed / alone:5.2f}x")
        print(f"other feeds, build, release   {rest:7.1f} s   {rest / alone:5.2f}x")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 92)
