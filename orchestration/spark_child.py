"""dbt on Spark: what `pcw-dbt` becomes where PCW_TARGET is spark, in the environment .venv-spark.

Belongs here: the Spark session of one dbt invocation, strict as DuckDB is, with the feeds as its views, and each query
translated (`dbt_project.dialect`). Nothing of the project that needs another package may be imported: this environment
has dbt, Spark and sqlglot alone.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dbt_project.dialect import SESSION, to_spark
from orchestration.dbt_child import PARENT, ROOT, SPARK_FOLDER
from pcw.ending import end_with

MASTER = "PCW_SPARK_MASTER"
FEEDS = "feeds.json"
VIEWS = "views.json"
DOCS = "docs.json"
DROP = re.compile(r"\bdrop table if exists (?P<schema>\w+)\.(?P<name>\w+)\s*$", re.IGNORECASE)


def find_spark() -> None:
    """Say to Spark where its settings are and which Java to use, unless the environment does."""
    os.environ.setdefault("SPARK_CONF_DIR", str(ROOT / "deploy" / "spark"))
    if installed := sorted(Path("/usr/lib/jvm").glob("java-17-openjdk-*")):
        os.environ.setdefault("JAVA_HOME", str(installed[0]))


def session(master: str, folder: Path) -> Any:
    """The Spark session of this process, with the feeds and all that was built below `folder` before.

    The catalogue is of this process alone: Hive's on Derby takes no view of more than 32,700 characters, and a feed of
    many files is longer. Every worker must see the folder.
    """
    from pyspark.sql import SparkSession

    settings = {
        "spark.app.name": "primary care warehouse",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.local.dir": str(folder / "spilled"),  # rows about patients stay below PCW_HOME
        "spark.sql.catalogImplementation": "in-memory",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        **SESSION,
    }
    builder = SparkSession.builder.master(master)
    for name, value in settings.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    make_known(found, folder)
    return found


@contextmanager
def errors_to(log: Path) -> Iterator[None]:
    """What is started here writes its errors to a file, for as long as it runs.

    Spark's lines would fall into those in which dbt tells its events, and an event that cannot be read never happened.
    """
    kept = os.dup(2)
    with log.open("ab") as handle:
        os.dup2(handle.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def make_known(spark: Any, folder: Path) -> None:
    """The schema `feed`, of statements that `dbt_project.spark` wrote, and tables and views of an earlier dbt."""
    for statement in json.loads((folder / FEEDS).read_text("utf-8")):
        spark.sql(statement)
    tables = {f"{path.parent.stem}.{path.name}": path for path in sorted((folder / "tables").glob("*.db/*"))}
    views = known_views(folder)
    for schema in sorted({name.split(".")[0] for name in (*tables, *views)}):
        spark.sql(f"create database if not exists {schema}")
    for name, path in tables.items():
        if name not in views:
            spark.sql(f"create table {name} using parquet location '{path}'")
    for name, view in views.items():
        spark.sql(f"create view {name} as {view['spark']}")


def known_views(folder: Path) -> dict[str, dict[str, str]]:
    """Of each view that was made, in their order, its query for either engine."""
    return _known(folder / VIEWS)


def _known(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return found


def stay_strict(connection_class: Any) -> None:
    """Make each statement of the adapter's session run with `SESSION`.

    dbt-spark turns ANSI mode off with each of them, and a cast that cannot be made would be null.
    """
    cursor = connection_class.cursor

    def strict(self: Any) -> Any:
        self.server_side_parameters = {**self.server_side_parameters, **SESSION}
        return cursor(self)

    connection_class.cursor = strict


def drop_for_good(cursor_class: Any, folder: Path) -> None:
    """Make the adapter's session (its cursor) remove the files of a table that it drops.

    A table of an earlier session is one of files that lie there already; Spark would leave them, and refuse to make
    another in their place.
    """
    execute = cursor_class.execute

    def and_remove(self: Any, sql: str, *parameters: Any) -> None:
        execute(self, sql, *parameters)
        if dropped := DROP.search(sql):
            shutil.rmtree(folder / "tables" / f"{dropped['schema']}.db" / dropped["name"], ignore_errors=True)

    cursor_class.execute = and_remove


def translated(compiler_class: Any, views: dict[str, dict[str, str]], docs: dict[str, Any]) -> None:
    """Make dbt's compiler (the class) hand on models and tests in the words of Spark.

    What DuckDB says for a view is kept in `views`: it is made there too, over what Spark has built; and in `docs` the
    descriptions of models that their tables are to carry.
    """
    from dbt.artifacts.resources.types import NodeType

    compile_code = compiler_class._compile_code

    def _compile_code(self: Any, node: Any, *more: Any, **named: Any) -> Any:
        node = compile_code(self, node, *more, **named)
        if node.resource_type in (NodeType.Model, NodeType.Test):
            said = to_spark(node.compiled_code)
            if node.get_materialization() == "view":
                views[f"{node.schema}.{node.name}"] = {"duckdb": node.compiled_code, "spark": said}
            if node.resource_type == NodeType.Model:
                columns = {column.name: column.description for column in node.columns.values() if column.description}
                docs[f"{node.schema}.{node.name}"] = {"description": node.description, "columns": columns}
            node.compiled_code = said
        return node

    compiler_class._compile_code = _compile_code


def main() -> None:
    """The command line of dbt."""
    if parent := os.environ.get(PARENT):
        end_with(int(parent))
    from dbt.adapters.spark.session import Connection, Cursor
    from dbt.cli.main import cli
    from dbt.compilation import Compiler

    find_spark()
    folder = Path(os.environ[SPARK_FOLDER])
    views, docs = known_views(folder), _known(folder / DOCS)
    with errors_to(folder / "spark.log"):
        spark = session(os.environ.get(MASTER, "local[*]"), folder)
    try:
        stay_strict(Connection)
        drop_for_good(Cursor, folder)
        translated(Compiler, views, docs)
        cli()
    finally:
        spark.stop()
        for name, known in ((VIEWS, views), (DOCS, docs)):
            (folder / name).write_text(json.dumps(known, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
