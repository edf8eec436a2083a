"""Style, types and SQL are part of the suite; so is what must never be committed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

PROGRAMS = Path(sys.executable).parent
COMMANDS = {
    "ruff": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy", "pcw", "sources", "expectations", "orchestration", "publishing", "dbt_project"],
    "sql": ["sqlfluff", "lint", "--disable-progress-bar", "dbt_project/models", "dbt_project/tests"],
}


# sqlfluff takes a minute: `make lint` and the slow tests ask it.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == "sql" else ()) for name in COMMANDS]
)
def test_the_house_style_holds(name: str) -> None:
    program, *arguments = COMMANDS[name]
    done = subprocess.run([str(PROGRAMS / program), *arguments], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_the_lock_names_versions_and_no_addresses() -> None:
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]
    assert len(pins) > 100
    for line in pins:
        assert re.fullmatch(r"[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==[^\s/@]+( ;.*)?", line), line
    assert not any("://" in line for line in lines)


def test_the_lock_names_all_that_is_needed() -> None:
    """It is installed as it stands, without asking what each package needs."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_path_of_a_machine_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True)
    machine = re.compile(r"(?<![\w.])/(root|home|Users|work)/\w")
    files = [PROJECT / name for name in listed.stdout.splitlines()]
    texts = {path.name: path.read_text(encoding="utf-8", errors="ignore") for path in files if path.is_file()}
    assert [name for name, text in texts.items() if machine.search(text)] == []
