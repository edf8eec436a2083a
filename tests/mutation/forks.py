"""pytest in forks of a process that has imported what the project stands on, and nothing of the project itself.

Importing takes longer than most tests. Asked by `workbench`, one JSON line each: arguments, file for the output, folder
for what is temporary, seconds it may take; answered with the exit code (null where time was up) and the CPU seconds.
"""

import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

import apprise  # noqa: F401
import dagster  # noqa: F401
import dagster_dbt  # noqa: F401
import great_expectations  # noqa: F401
import hypothesis  # noqa: F401
import openpyxl  # noqa: F401
import polars  # noqa: F401
import pytest

LOOK_SECONDS = 0.05


def run(arguments: list[str], output: str, temporary: str, seconds: float) -> tuple[int | None, float]:
    """Run pytest in a fork that is the leader of its own group, so that nothing of it goes on."""
    pid = os.fork()
    if pid == 0:
        code = 3
        try:
            os.setsid()
            with open(output, "wb") as said:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
            os.environ["TMPDIR"] = temporary
            os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(Path(temporary) / "hypothesis")
            code = int(pytest.main(arguments))
            sys.stdout.flush()
        finally:
            os._exit(code)
    until = time.monotonic() + seconds
    code = None
    while True:
        ended, status, used = os.wait4(pid, os.WNOHANG if code is None and time.monotonic() < until else 0)
        if ended:
            return (os.waitstatus_to_exitcode(status) if time.monotonic() < until else None), _cpu(used)
        time.sleep(LOOK_SECONDS)
        if time.monotonic() >= until:
            os.killpg(pid, signal.SIGKILL)


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Answer until there is no more to be asked."""
    mine = [name for name in sys.modules if name.split(".")[0] in ("sources", "publishing", "orchestration", "pcw")]
    assert not mine, f"a fork would run {mine} of before the mutation"
    for line in sys.stdin:
        code, cpu = run(**json.loads(line))
        print(json.dumps({"code": code, "cpu": cpu}), flush=True)


if __name__ == "__main__":
    main()
