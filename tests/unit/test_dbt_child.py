"""dbt ends with the run that started it, also when that run was killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.dbt_child import PARENT, WAREHOUSE, stand_beside
from tests.conftest import PROJECT

# The parent starts a child that would go on for a minute, says its id, and is killed as by kill -9.
RUN = """
import os, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(1)
os.kill(os.getpid(), signal.SIGKILL)
"""
CHILD = "from orchestration.dbt_child import end_with; import os, time; end_with(os.getppid()); time.sleep(60)"


def is_gone(process: int) -> bool:
    """Whether it ended; one that nobody waits for stays in the list as a zombie."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True)
    return done.stdout.strip()[:1] in ("", "Z")


@pytest.mark.parametrize(("child", "goes_on"), [(CHILD, False), ("import time; time.sleep(60)", True)])
def test_a_child_ends_with_its_parent(child: str, goes_on: bool) -> None:
    started = subprocess.run([sys.executable, "-c", RUN, child], cwd=PROJECT, capture_output=True, text=True)
    process = int(started.stdout)
    end = time.monotonic() + (3 if goes_on else 30)
    while time.monotonic() < end and not is_gone(process):
        time.sleep(0.1)
    assert is_gone(process) is not goes_on
    if goes_on:
        os.kill(process, 9)


def test_it_names_the_build_database_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what is parsed for it serves it in any folder."""
    monkeypatch.chdir("/")
    monkeypatch.setenv(WAREHOUSE, "somewhere")
    stand_beside(tmp_path / "warehouse.duckdb")
    assert (Path.cwd(), os.environ[WAREHOUSE]) == (tmp_path, "warehouse.duckdb")


def test_the_program_is_dbt() -> None:
    program = os.path.join(os.path.dirname(sys.executable), "pcw-dbt")
    done = subprocess.run(
        [program, "--help"], capture_output=True, text=True, env={**os.environ, PARENT: str(os.getpid())}
    )
    assert "dbt" in done.stdout
    assert done.returncode == 0
