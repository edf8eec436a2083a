"""The dbt project as assets: one set before gate 3, of what it judges, and one after it.

What the models mean belongs in `dbt_project`.
"""

import filecmp
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject, dbt_assets
from filelock import FileLock

import dbt_project
from dbt_project.feeds import assert_same_inputs, definitions_hash
from dbt_project.kept import forget_set, forget_verdicts, keep_set
from dbt_project.spark import take_back, write_feeds
from orchestration.dbt_child import PARENT, SPARK_FOLDER, SPARK_PYTHON
from orchestration.dbt_program import DBT, DbtProgram
from orchestration.instance import QUIET
from orchestration.owners import owner_of_feed, owner_of_mart, team
from orchestration.resources import WAREHOUSE_POOL, Deployment
from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.settings import Settings
from sources.contracts import load_contracts

ROOM = Path(dbt_project.__file__).parent
PARTIAL_PARSE = "partial_parse.msgpack"
DBT_PACKAGES = ("dbt-core", "dbt-adapters", "dbt-duckdb")
# What one invocation builds, in order. Each costs seconds before it builds anything, so that feed families share one;
# seeds are loaded with the first.
SETS = {
    "components": (
        "path:seeds",
        "path:models/practice",
        "path:models/prescribing",
        "path:models/sus",
        "path:models/quality",
        "path:models/experience",
        "path:models/contract",
        "path:models/performance",
    ),
    # Finance too: what gate 3 withholds is no saving.
    "indicators": ("path:models/indicators", "path:models/finance", "path:models/payments"),
}


def dbt_arguments(commissioner: str, *, is_parsed: bool) -> list[str]:
    """Arguments of a production build. Unit tests run in the test suite.

    Partial parsing has kept stale models after edits; it is used where nothing was edited since (`Parsed`). What dbt
    would write down of a build as JSON, megabytes of it three times over, nobody reads: Dagster has the events.
    """
    parse = "--partial-parse" if is_parsed else "--no-partial-parse"
    variables = json.dumps({"commissioner": commissioner})
    return ["build", parse, "--no-write-json", "--exclude-resource-type", "unit_test", "--vars", variables]


def parsed_folder(warehouse: Path) -> Path:
    """Where what is parsed is kept: whoever can write it says what the build runs, so that it is the home's own."""
    return warehouse.parent


class Parsed:
    """What dbt made of the project, kept beside the build database for exactly these definitions.

    Parsing takes longer than building a month, and a run builds two sets. It belongs to a project in its folder (seeds
    are loaded by their whole path), a commissioner, a memory limit, a name of the database and versions of dbt; where
    the database is does not matter (`pcw-dbt`). It saves time and nothing else: where it cannot be read or written, all
    is parsed anew.
    """

    def __init__(self, settings: Settings, warehouse: Path) -> None:
        self._folder = parsed_folder(warehouse)
        self._name = f"{warehouse.stem}.parsed"
        self._meant = [str(ROOM), settings.commissioner, settings.memory_limit, *map(version, DBT_PACKAGES)]
        self._kept = self._file()

    def _file(self) -> Path:
        meant = json.dumps([definitions_hash(load_contracts()), *self._meant])
        return self._folder / f"{self._name}-{hashlib.sha256(meant.encode()).hexdigest()[:16]}.msgpack"

    def lend(self, target: Path) -> bool:
        """Put it where a dbt run with this target looks for it; False where there is none."""
        target.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(self._kept, target / PARTIAL_PARSE)
        except OSError:
            return False
        return True

    def keep(self, target: Path) -> None:
        """Keep what a run has parsed, in place of that of earlier definitions, unless they changed meanwhile."""
        parsed = target / PARTIAL_PARSE
        if self._file() != self._kept:
            return
        with suppress(OSError):
            if self._kept.exists() and filecmp.cmp(parsed, self._kept, shallow=False):
                return
            write_atomically(self._kept, parsed.read_bytes())
            for earlier in set(self._folder.glob(f"{self._name}-*.msgpack")) - {self._kept}:
                earlier.unlink(missing_ok=True)


def dbt_environment(settings: Settings, warehouse: Path) -> dict[str, str]:
    """What profiles.yml reads, and what dbt need not do."""
    return {
        **QUIET,
        "PCW_WAREHOUSE": str(warehouse),
        "PCW_MEMORY_LIMIT": settings.memory_limit,
        "DBT_LOG_LEVEL_FILE": "none",  # all that it says is in the events of its run
        PARENT: str(os.getpid()),
    }


@contextmanager
def on_spark(settings: Settings, warehouse: Path, work: Path) -> Iterator[list[str]]:
    """Arguments of a build on Spark; what it has built is in the build database afterwards.

    What was built with other definitions, or by a build that broke off, is thrown away: a table that was not written to
    its end stands in the way of the next one.

    Raises:
        PcwError: Spark is not installed.
    """
    if not SPARK_PYTHON.exists():
        raise PcwError("PCW_TARGET is spark, and Spark is not installed. Type make spark-install, or unset PCW_TARGET.")
    folder = work / f"spark-{warehouse.stem}"
    whole, definitions = folder / "whole", definitions_hash(load_contracts())
    if not whole.exists() or whole.read_text() != definitions:
        shutil.rmtree(folder, ignore_errors=True)
    whole.unlink(missing_ok=True)
    write_feeds(warehouse, folder)
    arguments = dbt_arguments(settings.commissioner, is_parsed=False)
    os.environ[SPARK_FOLDER] = str(folder)
    os.environ["PCW_SPARK_MASTER"] = settings.spark_master
    try:
        yield [*arguments, "--target", "spark", "--full-refresh"]
    finally:
        del os.environ[SPARK_FOLDER]
    take_back(warehouse, folder)
    write_atomically(whole, definitions)


@cache
def project() -> DbtProject:
    """The dbt project with a manifest that fits its files; parsed again when they changed."""
    found = DbtProject(project_dir=ROOM, profiles_dir=ROOM)
    stamp = found.manifest_path.with_name("manifest.definitions")
    wanted = definitions_hash(load_contracts())
    found.manifest_path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(stamp.with_suffix(".lock")):
        if not found.manifest_path.exists() or not stamp.exists() or stamp.read_text() != wanted:
            _parse(found)
            write_atomically(stamp, wanted)
    return found


def _parse(found: DbtProject) -> None:
    command = [DBT, "--quiet", "parse", "--no-partial-parse"]
    command += [
        "--project-dir",
        str(ROOM),
        "--profiles-dir",
        str(ROOM),
        "--target-path",
        str(found.manifest_path.parent),
    ]
    command += ["--vars", json.dumps({"commissioner": "parse"})]
    environment = {
        **os.environ,
        **QUIET,
        "PCW_WAREHOUSE": ":memory:",
        "DBT_LOG_PATH": str(found.manifest_path.parent / "logs"),
        PARENT: str(os.getpid()),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PcwError(f"The dbt project cannot be parsed: {done.stdout[-3000:]}{done.stderr[-1000:]}")


@cache
def manifest() -> dict[str, Any]:
    """The manifest of `project` without its unit tests: no build runs them, and to select among them takes long."""
    found: dict[str, Any] = json.loads(project().manifest_path.read_bytes())
    unit_tests = set(found.pop("unit_tests"))
    for edges in ("child_map", "parent_map"):
        found[edges] = {
            node: [other for other in others if other not in unit_tests]
            for node, others in found[edges].items()
            if node not in unit_tests
        }
    return found | {"unit_tests": {}}


class Translator(DagsterDbtTranslator):
    """Keys, groups and owners of dbt nodes as they show in the UI."""

    def __init__(self) -> None:
        super().__init__()
        self._specs: dict[str, dg.AssetSpec] = {}

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """One asset for each node: [schema, name], grouped by family. It is asked for once by each that reads it."""
        if unique_id not in self._specs:
            self._specs[unique_id] = self._spec(manifest, unique_id, project)
        return self._specs[unique_id]

    def _spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["sources" if unique_id.startswith("source") else "nodes"][unique_id]
        is_feed = node["resource_type"] == "source"
        schema = "feed" if is_feed else node["schema"]
        path = node.get("path", "")
        family = path.split("/")[0] if node["resource_type"] == "model" else "definitions"
        owner = owner_of_feed(node["name"]) if is_feed else owner_of_mart(node["name"])
        return spec.replace_attributes(
            key=dg.AssetKey([schema, node["name"]]),
            group_name="feed" if is_feed else family,
            owners=team(owner),
        )


translator = cache(Translator)


def set_assets(name: str) -> dg.AssetsDefinition:
    """The dbt assets of one set, with their tests as checks."""
    found = project()

    @dbt_assets(
        manifest=manifest(),
        project=found,
        select=" ".join(SETS[name]),
        name=f"dbt_{name}",
        pool=WAREHOUSE_POOL,
        dagster_dbt_translator=translator(),
    )
    def build(context: dg.AssetExecutionContext, dbt: DbtProgram, deployment: Deployment) -> Iterator[Any]:
        assert_same_inputs(deployment.warehouse, deployment.inputs())
        forget_set(deployment.warehouse, name)
        forget_verdicts(deployment.warehouse, ("marts",) if name == "indicators" else ("staged", "marts"))
        os.environ.update(dbt_environment(deployment.settings, deployment.warehouse))
        target = deployment.home.work / "dbt-target" / f"{context.run.run_id}-{name}"
        if deployment.settings.target == "spark":
            with on_spark(deployment.settings, deployment.warehouse, deployment.home.work) as arguments:
                yield from dbt.cli(arguments, context=context, target_path=target).stream()
        else:
            parsed = Parsed(deployment.settings, deployment.warehouse)
            is_parsed = parsed.lend(target)
            arguments = dbt_arguments(deployment.settings.commissioner, is_parsed=is_parsed)
            yield from dbt.cli(arguments, context=context, target_path=target).stream()
            parsed.keep(target)
        if not context.is_subset:  # of a selection nobody knows what is left of before
            keep_set(deployment.warehouse, name)

    return build
