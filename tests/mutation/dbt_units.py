"""What dbt itself tests, many mutants at once: each failure is of one of them alone.

A unit test replaces all that its model reads, so that what it notices is the mistake of its own model. Data tests of
seeds are of the mistake in their seed where no other of their seeds has one. The suite runs all of them within
`test_dbt_indicators`, which builds the whole project.
"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.catalogue import Mutant
from tests.mutation.workbench import Workbench
from tests.pipeline.dbt_support import Feeds

SUITE = "tests/pipeline/test_dbt_indicators.py"


@dataclass(frozen=True)
class Noticed:
    """The tests that fail because of one mutant, and its share of the cost; unsure where others may be the cause."""

    failed: tuple[str, ...]
    cpu: float
    is_unsure: bool = False


class DbtTests:
    """A build database with every relation and no row but those of seeds, and dbt on copies of it.

    Making it runs every unit and data test, so that each is seen to pass without a mutant.
    """

    def __init__(self, bench: Workbench, folder: Path) -> None:
        self.bench = bench
        self.empty, self.target = folder / "empty.duckdb", folder / "target"
        self.empty.unlink(missing_ok=True)
        Feeds(self.empty)
        self._dbt(self.empty, "build")

    def ask_models(self, mutants: Sequence[Mutant]) -> dict[str, Noticed]:
        """Unit tests of mutated models."""
        models = _by_name(mutants)
        selected = [f"{model},test_type:unit" for model in models]
        results, cpu = self._ask(mutants, "test", "--select", *selected)
        failed: dict[str, list[str]] = {model: [] for model in models}
        for node in results:
            _, _, model, name = node["unique_id"].split(".")
            if node["status"] != "pass":
                failed[model].append(f"unit test {name}")
        return {models[model]: Noticed(tuple(names), cpu / len(models)) for model, names in failed.items()}

    def ask_seeds(self, mutants: Sequence[Mutant]) -> dict[str, Noticed]:
        """Loading mutated seeds, and every data test of them."""
        seeds = _by_name(mutants)
        results, cpu = self._ask(mutants, "build", "--select", "path:seeds", "--exclude-resource-type", "unit_test")
        nodes = json.loads((self.target / "manifest.json").read_text())["nodes"]
        failed: dict[str, list[str]] = {seed: [] for seed in seeds}
        unsure: set[str] = set()
        for result in (result for result in results if result["status"] in ("fail", "error")):
            node = nodes[result["unique_id"]]
            read = {name.split(".")[2] for name in (*node["depends_on"].get("nodes", ()), result["unique_id"])}
            of = read & set(seeds)
            if len(of) == 1:
                failed[of.pop()].append(f"data test {node['name']}")
            unsure |= of
        return {
            seeds[seed]: Noticed(tuple(names), cpu / len(seeds), seed in unsure and not names)
            for seed, names in failed.items()
        }

    def _ask(self, mutants: Sequence[Mutant], *arguments: str) -> tuple[list[dict[str, Any]], float]:
        copy = self.empty.parent / "asked" / self.empty.name  # views know the database by its name
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(self.empty, copy)
        with self.bench.mutated(mutants):
            cpu = self._dbt(copy, *arguments, may_fail=True)
        results: list[dict[str, Any]] = json.loads((self.target / "run_results.json").read_text())["results"]
        return results, cpu

    def _dbt(self, warehouse: Path, *arguments: str, may_fail: bool = False) -> float:
        project, target = str(self.bench.root / "dbt_project"), str(self.target)
        shutil.rmtree(self.target, ignore_errors=True)
        line = [
            str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments, "--no-partial-parse",
            "--project-dir", project, "--profiles-dir", project, "--target-path", target, "--log-path", target,
            "--vars", "{commissioner: 99A}",
        ]  # fmt: skip
        ran = self.bench.run(line, PCW_WAREHOUSE=str(warehouse))
        # 1: some test failed, which is what is asked; 2: dbt could not do it
        assert ran.code == 0 or (may_fail and ran.code == 1), ran.output[-4000:]
        return ran.cpu


def _by_name(mutants: Sequence[Mutant]) -> dict[str, str]:
    found = {Path(mutant.file).stem: mutant.id for mutant in mutants}
    assert len(found) == len(mutants), "one mutant of each"
    return found
