"""A copy of the project that mutants are applied to, and what runs in it.

Belongs here: that the mutated text is what runs, and that nothing of one mutant is left for the next: no compiled
Python, no parsed dbt project, no temporary file, no example of hypothesis. Does not belong here: what is asked of which
mutant (`mutants`, `dbt_units`).
"""

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.catalogue import PROJECT, Mutant

TIMEOUT = 900.0  # seconds; the slowest selection takes some 100 CPU seconds


@dataclass(frozen=True)
class Ran:
    """How a program ended; `code` is None where it was stopped because its time was up."""

    code: int | None
    output: str
    cpu: float


class Workbench:
    """The copy, made afresh: what is tracked, and what is new and not ignored."""

    def __init__(self, folder: Path) -> None:
        self.root, self.temporary = folder / "copy", folder / "tmp"
        shutil.rmtree(self.root, ignore_errors=True)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=PROJECT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        self.names = sorted(name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file())
        for name in self.names:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, self.root / name)
        self._forks: subprocess.Popen[str] | None = None
        self._prove()

    def tree(self) -> str:
        """Hash of the copied project, without catalogue and notes: results are of this."""
        digest = hashlib.sha256()
        for name in self.names:
            if not name.startswith(("tests/mutation/", "docs/", "benchmarks/")) and not name.endswith(".md"):
                digest.update(f"{name}\0".encode() + (self.root / name).read_bytes())
        return digest.hexdigest()[:12]

    def _prove(self) -> None:
        # The installation is an editable one of the original tree: the copy must come before it, everywhere.
        said = self.run(
            [sys.executable, "-c", "import sources, publishing.release; print(publishing.release.__file__)"]
        )
        assert said.output.strip() == str(self.root / "publishing" / "release.py"), said.output

    @contextmanager
    def mutated(self, mutants: Sequence[Mutant]) -> Iterator[None]:
        """The copy with these mistakes in it, and afterwards without them and without anything that runs left."""
        originals = {mutant.file: (PROJECT / mutant.file).read_text(encoding="utf-8") for mutant in mutants}
        assert len(originals) == len(mutants), "one mutant to a file"
        try:
            for mutant in mutants:
                (self.root / mutant.file).write_text(mutant.applied(originals[mutant.file]), encoding="utf-8")
            yield
        finally:
            for name, text in originals.items():
                (self.root / name).write_text(text, encoding="utf-8")
            if any(not name.endswith(".py") for name in originals):
                shutil.rmtree(self.root / "dbt_project" / "target", ignore_errors=True)

    def pytest(self, arguments: Sequence[str]) -> Ran:
        """Run pytest on the copy, in a fork of one process that has imported everything but the project."""
        if self._forks is None:
            self._forks = subprocess.Popen(
                [sys.executable, "-B", "-m", "tests.mutation.forks"],
                cwd=self.root, env=self._environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
        asked = {"arguments": list(arguments), "output": str(self._fresh()), "temporary": str(self.temporary)}
        assert self._forks.stdin is not None and self._forks.stdout is not None
        self._forks.stdin.write(json.dumps({**asked, "seconds": TIMEOUT}) + "\n")
        self._forks.stdin.flush()
        answer = json.loads(self._forks.stdout.readline())
        return self._ran(answer["code"], answer["cpu"])

    def run(self, line: Sequence[str], **more: str) -> Ran:
        """Run a program in the copy; all its children end with it."""
        before = _cpu()
        with self._fresh().open("w") as output:
            program = subprocess.Popen(
                line,
                cwd=self.root,
                env={**self._environment(), **more},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code: int | None = program.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                if program.poll() is None:
                    os.killpg(program.pid, signal.SIGKILL)
                    program.wait()
        return self._ran(code, _cpu() - before)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",  # compiled files are told apart by second and size alone
            "TMPDIR": str(self.temporary),
            "DO_NOT_TRACK": "1",
            "DAGSTER_DISABLE_TELEMETRY": "yes",
            "GX_ANALYTICS_ENABLED": "false",
        }

    def _fresh(self) -> Path:
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(parents=True)
        return self.temporary.with_suffix(".txt")

    def _ran(self, code: int | None, cpu: float) -> Ran:
        output = self.temporary.with_suffix(".txt").read_text(errors="replace")
        shutil.rmtree(self.temporary, ignore_errors=True)
        return Ran(code, output, cpu)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
