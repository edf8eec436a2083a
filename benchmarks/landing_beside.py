"""What landing many files costs in one process, and in several side by side.

    .venv/bin/python -m benchmarks.landing_beside INBOX [RUNS] [FILES]

INBOX is a folder of files, as `pcw sample` writes it; FILES takes so many of them, the smallest, and all without it.
Both ways take turns, each run of `pcw land` into a home of its own, after nothing that warms up: caches of the disk are
warm after the first. Prints medians of CPU and wall seconds, memory of the largest process, and ratios to one process.
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

from sources.sidecars import SIDECAR

PCW = Path(sys.executable).parent / "pcw"


def landed(files: list[Path], processes: int) -> tuple[float, float, float]:
    """CPU seconds, wall seconds, and peak MB of the largest process of one `pcw land`; refused files are no error."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PCW_HOME": folder, "PCW_COPIES": "", "PCW_LANDING_PROCESSES": str(processes)}
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([PCW, "land", *files], env=environment, capture_output=True, text=True, check=False)
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode in (0, 2), done.stdout[-1000:] + done.stderr[-1000:]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, after.ru_maxrss / 1000


def main() -> None:
    """Print a line for each way."""
    inbox, runs = Path(sys.argv[1]), int([*sys.argv, "", "3"][2] or 3)
    found = [path for path in inbox.iterdir() if path.is_file() and not path.name.endswith(SIDECAR)]
    files = sorted(found, key=lambda path: path.stat().st_size)[: int(sys.argv[3]) if len(sys.argv) > 3 else None]
    cores = len(os.sched_getaffinity(0))
    costs: dict[int, list[tuple[float, float, float]]] = {1: [], cores: []}
    for _ in range(runs):
        for processes, seen in costs.items():
            seen.append(landed(files, processes))
    alone = [statistics.median(cost[what] for cost in costs[1]) for what in range(3)]
    for processes, seen in costs.items():
        cpu, wall, memory = (statistics.median(cost[what] for cost in seen) for what in range(3))
        said = {"cpu_s": round(cpu, 1), "wall_s": round(wall, 1), "peak_mb": round(memory)}
        ratios = {"cpu_ratio": round(cpu / alone[0], 2), "wall_ratio": round(wall / alone[1], 2)}
        print(json.dumps({"files": len(files), "processes": processes, **said, **ratios}), flush=True)


if __name__ == "__main__":
    main()
