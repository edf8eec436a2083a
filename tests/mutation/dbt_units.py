"""dbt unit tests of mutated models, many models at once: each test replaces all that its model reads, so that what it
notices is the mistake of its own model and no other.

The suite runs them within `test_dbt_indicators`, which builds the whole project with them.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.catalogue import Mutant
from tests.mutation.workbench import Workbench
from tests.pipeline.dbt_support import Feeds

SUITE = "tests/pipeline/test_dbt_indicators.py"


@dataclass(frozen=True)
class Noticed:
    """What the unit tests of one model say: which of them fail, of how many."""

    failed: tuple[str, ...]
    asked: int
    cpu: float


class UnitTests:
    """A build database with every relation and no row, and dbt on copies of it."""

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self.bench = bench
        self.empty, self.target = folder / "empty.duckdb", folder / "target"
        self.empty.unlink(missing_ok=True)
        Feeds(self.empty)
        self._dbt(self.empty, "build", "--exclude-resource-type", "unit_test", "test")

    def ask(self, mutants: Sequence[Mutant]) -> dict[str, Noticed]:
        """By mutant; one mutant of a model at most."""
        models = {Path(mutant.file).stem: mutant.id for mutant in mutants}
        assert len(models) == len(mutants)
        copy = self.empty.with_name("units.duckdb")
        shutil.copyfile(self.empty, copy)
        with self.bench.mutated(mutants):
            cpu = self._dbt(copy, "test", "--select", *(f"{model},test_type:unit" for model in models))
        results = self.target / "run_results.json"
        nodes = json.loads(results.read_text())["results"] if results.exists() else []
        by_model: dict[str, list[tuple[str, str]]] = {model: [] for model in models}
        for node in nodes:
            _, _, model, name = node["unique_id"].split(".")
            by_model[model].append((name, node["status"]))
        return {
            models[model]: Noticed(
                tuple(name for name, status in tests if status != "pass"), len(tests), round(cpu / len(models), 2)
            )
            for model, tests in by_model.items()
        }

    def _dbt(self, warehouse: Path, command: str, *arguments: str) -> float:
        project, target = str(self.bench.root / "dbt_project"), str(self.target)
        shutil.rmtree(self.target, ignore_errors=True)
        line = [
            str(Path(sys.executable).parent / "dbt"), "--no-use-colors", command, *arguments, "--no-partial-parse",
            "--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target,
            "--vars", "{commissioner: 99A}",
        ]  # fmt: skip
        ran = self.bench.run(line, PCW_WAREHOUSE=str(warehouse))
        # 1: some test failed, which is what is asked; 2: dbt could not do it
        assert ran.code in ((0, 1) if command == "test" else (0,)), ran.output[-4000:]
        return ran.cpu
