"""What it costs to start: the command line, the code location, a run that finds nothing new, and a query by hand.

Each beside what nobody can do without: an empty Typer program, `import dagster_dbt`, `import dagster`. Both take turns,
each run a process of its own, after one that does not count.

    .venv/bin/python -m benchmarks.starting HOME INBOX [RUNS]

HOME is the PCW_HOME of a released deployment, INBOX the folder that it was made from. Prints medians of CPU and wall
seconds and the ratio of CPU; ratios of one call compare, seconds of two do not.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from publishing.tables import MARTS

BIN = Path(sys.executable).parent
EMPTY = """import typer
app = typer.Typer()
@app.command()
def nothing() -> None: ...
app()"""
QUERY = """
select r.period_end, r.numerator, r.denominator, r.value, r.state, r.rag
from indicator_result as r
where r.indicator_id = ? and r.org_type = 'practice' and r.org_code = ? and r.org_view = 'as_at' and r.is_headline
order by r.period_end
"""


def spent(line: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """CPU and wall seconds of a program that must end well."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, f"{line}: {done.stdout[-1000:]}{done.stderr[-1000:]}"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def beside(name: str, ours: list[str], bare: list[str], environment: dict[str, str], runs: int) -> None:
    """Print one line of both, taking turns."""
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    for turn in range(runs + 1):
        for which, line in (("bare", bare), ("ours", ours)):
            cost = spent(line, environment)
            if turn:
                found[which].append(cost)
    cpu = {which: statistics.median(cpu for cpu, _ in costs) for which, costs in found.items()}
    wall = {which: statistics.median(wall for _, wall in costs) for which, costs in found.items()}
    said = {f"{which}_{what}_s": round(by[which], 3) for which in found for what, by in (("cpu", cpu), ("wall", wall))}
    print(json.dumps({"what": name, "cpu_ratio": round(cpu["ours"] / cpu["bare"], 2), **said}), flush=True)


def repeated(file: Path, folder: Path) -> Path:
    """A file whose results are those of a release again and again, each time so many months earlier, for 60 months."""
    longer = folder / "longer.duckdb"
    [order] = [mart.order for mart in MARTS if mart.name == "indicator_result"]
    with duckdb.connect(str(longer)) as connection:
        connection.execute(f"attach '{file}' as release (read_only)")
        [(months,)] = connection.execute(
            "select count(distinct last_day(period_end)) from release.main.indicator_result"
        ).fetchall()
        times = " union all ".join(
            f"select * replace (last_day(period_end - interval {months * time} month) as period_end) "
            "from release.main.indicator_result"
            for time in range(-(-60 // months))
        )
        connection.execute(f"create table indicator_result as from ({times}) order by {', '.join(order)}")
        connection.execute("detach release")
    return longer


def queries(file: Path, runs: int) -> None:
    """Opening a release, and one indicator of one practice in all its months: cold and warm, in milliseconds."""
    opened, cold, warm = [], [], []
    for _ in range(runs):
        began = time.perf_counter()
        connection = duckdb.connect(str(file), read_only=True)
        opened.append(time.perf_counter() - began)
        most = """select indicator_id, org_code from indicator_result where org_type = 'practice'
                  group by all order by count(distinct period_end) desc, 1, 2 limit 1"""
        [asked] = duckdb.connect(str(file), read_only=True).execute(most).fetchall()
        for found in (cold, warm, warm, warm):
            began = time.perf_counter()
            rows = connection.execute(QUERY, asked).fetchall()
            found.append(time.perf_counter() - began)
        connection.close()
    said = {name: round(statistics.median(times) * 1000, 1) for name, times in
            (("open_ms", opened), ("first_ms", cold), ("warm_ms", warm))}  # fmt: skip
    print(
        json.dumps(
            {"what": f"query of {file.name}", "rows": len(rows), "file_mb": round(file.stat().st_size / 1e6, 1), **said}
        )
    )


def main() -> None:
    """Print one line for each."""
    home, inbox, runs = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute(), int([*sys.argv, "7"][3])
    environment = {**os.environ, "PCW_HOME": str(home), "DO_NOT_TRACK": "1", "DAGSTER_DISABLE_TELEMETRY": "yes"}
    python = str(BIN / "python")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "empty.py"
        program.write_text(EMPTY)
        beside("pcw --help", [str(BIN / "pcw"), "--help"], [python, str(program), "--help"], environment, runs)
    location = [python, "-c", "import orchestration.definitions"]
    beside("code location", location, [python, "-c", "import dagster_dbt"], environment, runs)
    nothing = [str(BIN / "pcw"), "run", "--inbox", str(inbox)]
    beside("run that finds nothing new", nothing, [python, "-c", "import dagster"], environment, runs)
    released = (home / "published" / "current.duckdb").resolve()
    queries(released, runs)
    with tempfile.TemporaryDirectory() as folder:
        queries(repeated(released, Path(folder)), runs)


if __name__ == "__main__":
    main()
