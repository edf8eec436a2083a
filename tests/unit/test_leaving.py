"""A process that ends at once ends as any other does: what waits for the end is done, and its exit code is the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

ENDS = """
import atexit, sys
from pcw.leaving import leave
atexit.register(print, "registered for the end")
sys.stdout.write("not a whole line, ")
class Held:
    def __del__(self): print("taken apart")
held = Held()
{end}
"""


def ended(end: str, **options: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", ENDS.format(end=end)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        line, env=environment, cwd=PROJECT, text=True, stderr=subprocess.PIPE, **{"stdout": -1, **options}
    )  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("given", "code", "error"),
    [("None", 0, ""), ("0", 0, ""), ("3", 3, ""), ("True", 1, ""), ("'It is so.'", 1, "It is so.\n")],
)
def test_it_ends_as_exit_does_and_takes_nothing_apart(given: str, code: int, error: str) -> None:
    at_once, exited = ended(f"leave({given})"), ended(f"sys.exit({given})")
    assert (at_once.returncode, at_once.stderr) == (exited.returncode, exited.stderr) == (code, error)
    assert at_once.stdout == "not a whole line, registered for the end\n"
    assert exited.stdout == at_once.stdout + "taken apart\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("end", ["leave(0)", "sys.exit(0)"])
def test_what_cannot_be_written_is_no_success(end: str) -> None:
    with open("/dev/full", "w") as full:
        assert ended(end, stdout=full).returncode == 120


@pytest.mark.parametrize("closed", ["sys.stdout = None", "sys.stdout.close()"])
@pytest.mark.parametrize("end", ["leave(0)", "sys.exit(0)"])
def test_nothing_to_write_to_is_no_failure(closed: str, end: str) -> None:
    line = f"import sys; from pcw.leaving import leave; {closed}; {end}"
    assert subprocess.run([sys.executable, "-c", line], cwd=PROJECT).returncode == 0
