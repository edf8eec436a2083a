"""Killed anywhere while landing, run again: the same landing as an uninterrupted run, and nothing of the file is lost.

The children do all the work: a process that has used DuckDB must not fork.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

HARNESS = '''
import os, sys
from datetime import UTC, datetime
from pathlib import Path
import great_expectations  # slow: once, before the forks
from orchestration.landing import land
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.landing import sweep
from sources.ledger import read_submissions
from sources.receipts import is_nothing_new, receive, take_away, waiting_files

sample, root = Path(sys.argv[1]), Path(sys.argv[2])

def work(home, settings):
    sweep(home)
    for path in waiting_files(home.inbox):
        receipt = receive(path, datetime(2017, 7, 1, tzinfo=UTC))
        if is_nothing_new(home, receipt, read_submissions(home.landing), load_contracts(), left_in_place=False):
            take_away(home, receipt)
        else:
            land(home, settings, receipt)

def child(action):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def die_at(number):
    """Die as kill -9 would, at the n-th change of the folders."""
    count = 0
    def counted(real):
        def call(*arguments, **options):
            nonlocal count
            count += 1
            if count == number:
                os._exit(137)
            return real(*arguments, **options)
        return call
    for name in ("fsync", "rename", "replace", "unlink", "mkdir", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))

kills = 0
while True:
    home = Home(root / f"killed-{kills}").create()
    settings = Settings(home=home.root)
    for name in ("practice_groups.csv", "nonsense.txt"):
        (home.inbox / name).write_bytes((sample / name).read_bytes() if name.endswith(".csv") else b"nonsense")
    code = child(lambda: (die_at(kills + 1), work(home, settings)))
    if code == 0:
        break
    assert code == 137, code
    assert child(lambda: work(home, settings)) == 0
    kills += 1
print(kills)
'''


def tree(home: Path) -> dict[str, str]:
    """What is landed and refused, without clocks."""
    found = {}
    for path in sorted([*home.glob("landing/**/*"), *home.glob("quarantine/**/*"), *home.glob("inbox/*")]):
        if path.is_file():
            text = path.read_bytes()
            if path.name in ("manifest.json", "refusal.json"):
                values = json.loads(text)
                clocks = ("landed_at", "file_mtime_ns", "receipts")
                text = json.dumps({key: value for key, value in values.items() if key not in clocks}).encode()
            found[str(path.relative_to(home))] = text.hex()
    return found


@pytest.mark.slow
def test_killed_at_every_step_of_landing(small_sample: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, str(small_sample), str(tmp_path)], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    kills = int(done.stdout.split()[-1])
    assert kills > 15
    whole = tree(tmp_path / f"killed-{kills}")
    assert any(name.startswith("landing/practice_groups/") for name in whole)
    assert any(name.startswith("quarantine/") for name in whole)
    assert not any(name.startswith("inbox/") for name in whole)
    for number in range(kills):
        assert tree(tmp_path / f"killed-{number}") == whole, f"killed at step {number + 1}"
