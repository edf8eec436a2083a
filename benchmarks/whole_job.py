"""What a whole job costs beside a bare load of the same files and a bare `dbt build` of the same models.

    .venv/bin/python -m benchmarks.whole_job FOLDER [RUNS] [FRACTION]

FOLDER keeps a month of every feed at this share of England (0.01 is 65 practices), written by the first run. The whole
job is `pcw run` into a new home: landing with its gates, models, gates 3 to 5, hiding, release; no site, no exports.
Bare are DuckDB's typed copy of each file to Parquet, in one process, and `dbt build` of all models and data tests, full
refresh, on the build database that the whole job left, with what is parsed thrown away, as in a new home. Prints CPU
seconds, wall seconds and the peak MB of the largest process of each, medians of RUNS that take turns, and ratios to
both bare ones together.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
MONTH = "2017-06"
LOAD = """
import sys, duckdb
out, *files = sys.argv[1:]
for number, file in enumerate(files):
    duckdb.execute(f"copy (select * from read_csv(?)) to '{out}/{number}.parquet' (format parquet)", [file])
"""
Cost = tuple[float, float, float]


def spent(line: list[str], environment: dict[str, str], cwd: Path) -> Cost:
    """CPU and wall seconds and peak MB of a program and all of its own, which must end well."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as said:
        running = subprocess.Popen(line, env=os.environ | environment, cwd=cwd, stdout=said, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(running.pid, 0)  # of it and what it waited for
        running.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        assert running.returncode == 0, said.read()[-1500:]
    return used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1000


def commissioners(sample: Path, fraction: str, environment: dict[str, str]) -> str:
    """Write the month, where it is not there yet; whose it is, as the sample says it."""
    whose = sample / "whose.txt"
    if not whose.exists():
        shutil.rmtree(sample, ignore_errors=True)
        line = [str(BIN / "pcw"), "sample", "--scale", "england", "--month", MONTH, "--fraction", fraction]
        done = subprocess.run(
            [*line, "--out", str(sample / "files")],
            env=os.environ | environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        whose.write_text(done.stdout.partition("PCW_COMMISSIONER=")[2].split()[0])
    return whose.read_text()


def main() -> None:
    """Print a line for each of the three, and one for the two bare ones together."""
    folder = Path(sys.argv[1]).absolute()
    runs, fraction = int([*sys.argv, "", "5"][2] or 5), sys.argv[3] if len(sys.argv) > 3 else "0.01"
    home, loaded, target = folder / "home", folder / "loaded", folder / "target"
    sample = folder / f"england-{fraction}"
    environment = {"PCW_HOME": str(home), "PCW_COPIES": "", "DO_NOT_TRACK": "1"}
    environment["PCW_COMMISSIONER"] = whose = commissioners(sample, fraction, environment)
    files = [str(path) for path in sorted((sample / "files").iterdir()) if path.suffix in (".csv", ".gz")]
    costs: dict[str, list[Cost]] = {"whole job": [], "bare load": [], "bare dbt build": []}
    for _ in range(runs):
        for made in (home, loaded, target):
            shutil.rmtree(made, ignore_errors=True)
        loaded.mkdir()
        line = [str(BIN / "pcw"), "run", "--inbox", str(sample / "files")]
        costs["whole job"].append(spent(line, environment, folder))
        costs["bare load"].append(spent([sys.executable, "-c", LOAD, str(loaded), *files], {}, folder))
        line = [str(BIN / "pcw-dbt"), "build", "--no-partial-parse", "--no-write-json", "--full-refresh"]
        line += ["--exclude-resource-type", "unit_test", "--vars", json.dumps({"commissioner": whose})]
        of_dbt = {"PCW_WAREHOUSE": str(home / "warehouse.duckdb"), "PCW_MEMORY_LIMIT": "4GB"}
        of_dbt |= {"DBT_LOG_LEVEL_FILE": "none", "DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(target)}
        room = Path(__file__).resolve().parents[1] / "dbt_project"
        line += ["--project-dir", str(room), "--profiles-dir", str(room)]
        costs["bare dbt build"].append(spent(line, of_dbt, folder))
    medians = {name: [statistics.median(cost[i] for cost in seen) for i in range(3)] for name, seen in costs.items()}
    load, build = medians["bare load"], medians["bare dbt build"]
    medians["both bare"] = [load[0] + build[0], load[1] + build[1], max(load[2], build[2])]
    for name, (cpu, wall, peak) in medians.items():
        said = {"cpu_s": round(cpu, 1), "wall_s": round(wall, 1), "peak_mb": round(peak)}
        bare_cpu, bare_wall = medians["both bare"][:2]
        ratios = {"cpu_ratio": round(cpu / bare_cpu, 2), "wall_ratio": round(wall / bare_wall, 2)}
        print(json.dumps({"what": name, "runs": runs, **said, **ratios}), flush=True)


if __name__ == "__main__":
    main()
