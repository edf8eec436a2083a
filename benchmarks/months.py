"""What one added month costs, and one old month that was restated, with few and with many months of history.

    .venv/bin/python -m benchmarks.months FOLDER [PRACTICES] [HISTORIES, like 3,24,60]

Everything is made in FOLDER (about 1 GB for 30 practices and 60 months) and stays there, so that a broken run goes on.
For each history: a sample up to the month before the last is landed and released, then the files of the last month,
then the prescribing of the third month once more without its last row. Prints wall and CPU seconds of `pcw run` (with
all its programs) and its steps, and ratios to the shortest history.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

BIN = Path(sys.executable).parent
LAST = date(2018, 12, 1)  # samples begin with 2014
SAMPLE = ("--no-truth", "--practices")


def back(month: date, months: int) -> date:
    """The month so many before."""
    place = month.year * 12 + month.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


def spent(line: list[str], home: Path) -> dict[str, float]:
    """CPU and wall seconds of a `pcw` that must end well, and the seconds between the steps that it says."""
    environment = {**os.environ, "PCW_HOME": str(home), "PCW_COPIES": "", "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    steps: dict[str, float] = {}
    with subprocess.Popen(
        [str(BIN / "pcw"), *line], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        said = [""]
        step, since = "landing", began
        for text in running.stdout:
            said.append(text)
            if text.startswith(("  ", "Building")):
                steps[step], step, since = time.monotonic() - since, text.strip()[:3], time.monotonic()
        steps[step] = time.monotonic() - since
    assert running.returncode == 0, "".join(said[-5:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": cpu, "wall_s": time.monotonic() - began, **steps}


def restate(sample: Path, month: date) -> None:
    """The prescribing of a month, without its last row."""
    [file] = [path for path in sample.rglob(f"*{month:%Y%m}*.csv") if path.name.upper().startswith("EPD")]
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:-1]), "utf-8")


def prepare(folder: Path, practices: int, history: int) -> tuple[Path, Path]:
    """A home that has so many months but the last, released; and the sample of all of them."""
    home, before, whole = folder / "home", folder / "before", folder / "whole"
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        for sample, last in ((before, back(LAST, 1)), (whole, LAST)):
            spent(["sample", "--out", str(sample), "--from", f"{back(LAST, history):%Y-%m}", "--to", f"{last:%Y-%m}",
                   *SAMPLE, str(practices)], home)  # fmt: skip
        spent(["run", "--inbox", str(before)], home)
        (folder / "ready").touch()
    for path in before.rglob("*.*"):  # of a month that came before nothing is sent again
        if path.is_file():
            shutil.copy2(path, whole / path.relative_to(before))
    return home, whole


def main() -> None:
    """Print a line for each history and change."""
    folder, practices = Path(sys.argv[1]).absolute(), int([*sys.argv, "30"][2])
    shortest: dict[str, float] = {}
    for history in map(int, [*sys.argv, "", "3,24,60"][3 if len(sys.argv) > 3 else -1].split(",")):
        kept, whole = prepare(folder / f"{practices}-{history}", practices, history)
        home = kept.with_name("tried")
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(kept, home, symlinks=True)
        for change in ("added", "restated"):
            if change == "restated":
                restate(whole, back(LAST, history - 2))
            cost = spent(["run", "--inbox", str(whole)], home)
            ratio = cost["cpu_s"] / shortest.setdefault(change, cost["cpu_s"])
            said = {name: round(seconds, 1) for name, seconds in cost.items()}
            print(json.dumps({"history": history, "month": change, "cpu_ratio": round(ratio, 2), **said}), flush=True)


if __name__ == "__main__":
    main()
