"""Sixteen months of hospital activity at Liverpool's size: landing with its gates against bare DuckDB.

    .venv/bin/python benchmarks/sus_landing.py [PRACTICES] [--landing]

`--landing` leaves out the other feeds, the build and the release.
Bare DuckDB is `copy (select * from read_csv(...)) to ... (format parquet)` of the same files. Prints wall and CPU
seconds of this process (DuckDB's threads included) and their ratios within this run; figures of different machines or
runs do not compare. Kept results: benchmarks/results.md.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from orchestration import landing, pipeline
from pcw.home import Home
from pcw.settings import Settings
from sources.receipts import receive
from sources.synthetic.sample import write_sample

FIRST, LAST = date(2016, 4, 1), date(2017, 7, 1)
Cost = tuple[float, float]


def cost(work: Callable[[], object]) -> Cost:
    """Wall and CPU seconds of one call."""
    wall, before = time.perf_counter(), os.times()
    work()
    after = os.times()
    return time.perf_counter() - wall, after.user + after.system - before.user - before.system


def is_sus(path: Path) -> bool:
    """Whether a sample file is one of hospital activity."""
    return path.name.upper().startswith(("SEM_", "EC_", "SUS_")) and not path.name.endswith(".json")


def bare(files: list[Path], out: Path) -> None:
    """What DuckDB alone takes for the same files."""
    for path in files:
        duckdb.execute(f"copy (select * from read_csv('{path}')) to '{out / path.name}.parquet' (format parquet)")


def main(practices: int, *, landing_only: bool) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        sample, home = Path(folder) / "sample", Home(Path(folder) / "home").create()
        written, _ = cost(lambda: write_sample(sample, FIRST, LAST, practices=practices, with_truth=False))
        files = sorted(path for path in sample.iterdir() if path.is_file())
        sus = [path for path in files if is_sus(path)]
        settings = Settings(home=home.root)
        for path in files:  # registers first: the gates look codes up in them; and imports are paid here
            if path.name.startswith("epraccur") and not path.name.endswith(".json"):
                landing.land(home, settings, receive(path, datetime.now(UTC)))
        (Path(folder) / "bare").mkdir()
        alone = cost(lambda: bare(sus, Path(folder) / "bare"))
        rows, gates = 0, [0.0, 0.0]
        judge = landing.judge

        def timed(staged: landing.Staged) -> list[landing.Verdict]:
            verdicts: list[landing.Verdict] = []
            for place, seconds in enumerate(cost(lambda: verdicts.extend(judge(staged)))):
                gates[place] += seconds
            return verdicts

        def all_sus() -> None:
            nonlocal rows
            for path in sus:
                outcome = landing.land(home, settings, receive(path, datetime.now(UTC)))
                assert outcome.submission is not None, outcome.refusal
                rows += outcome.submission.rows_accepted

        landing.judge = timed
        landed = cost(all_sus)
        landing.judge = judge

        def others() -> None:
            pipeline.run(settings, lambda line: None, inbox=sample, as_at=None, received_at=None)

        rest = [] if landing_only else [cost(others)]
        size = sum(path.stat().st_size for path in sus) / 1e6
        print(f"{len(sus)} files, {rows:,} rows, {size:,.0f} MB; sample written in {written:.1f} s\n")
        print("| what | wall s | CPU s | CPU ratio |\n|---|---|---|---|")
        without = (landed[0] - gates[0], landed[1] - gates[1])
        for name, (wall, cpu) in (
            ("bare DuckDB: read_csv to Parquet", alone),
            ("landing without its gates", without),
            ("gates 1 and 2", (gates[0], gates[1])),
            ("landing with its gates", landed),
            *(("other feeds, build and release (dbt apart from this process: wall only)", spent) for spent in rest),
        ):
            print(f"| {name} | {wall:.1f} | {cpu:.1f} | {cpu / alone[1]:.2f} |")


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument != "--landing"]
    main(numbers[0] if numbers else 92, landing_only="--landing" in sys.argv)
