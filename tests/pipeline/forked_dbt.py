"""dbt for tests: a process of its own for each command, forked from one that has imported dbt already.

Importing dbt takes longer than many of the commands. Belongs here: starting it. Does not belong here: the command
line and what comes of it (`dbt_support`).
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration import dbt_child
from pcw.ending import end_with

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["dbt.cli.main", "dbt.adapters.duckdb", "orchestration.dbt_child"])


def run(line: Sequence[str], environment: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line of `pcw-dbt` to its end, as `subprocess.run` would."""
    own = {name: value for name, value in environment.items() if name != dbt_child.PARENT}
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        process = _FORKS.Process(target=_child, args=(list(line), own, str(cwd), str(out), str(err)))
        process.start()
        process.join()
        code = process.exitcode
        assert code is not None
        return subprocess.CompletedProcess(list(line), code, out.read_text("utf-8"), err.read_text("utf-8"))


def _child(line: list[str], environment: dict[str, str], cwd: str, out: str, err: str) -> None:
    end_with(os.getppid())  # what forks it ends with the tests
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    sys.argv = line
    dbt_child.main()  # it closes its databases and ends, as the program does
