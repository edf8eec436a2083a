"""dbt on Spark: what `pcw-dbt` becomes where PCW_TARGET is spark, in the environment .venv-spark.

Belongs here: the Spark session of one dbt invocation, strict as DuckDB is, with the feeds as its views, and each query
translated (`dbt_project.dialect`). Nothing of the project that needs another package may be imported: this environment
has dbt, Spark and sqlglot alone.
"""

import json
import os
from pathlib import Path
from typing import Any

from dbt_project.dialect import SESSION, to_spark
from orchestration.dbt_child import PARENT, ROOT, SPARK_FOLDER, end_with

MASTER = "PCW_SPARK_MASTER"
FEEDS = "feeds.json"
VIEWS = "views.json"


def find_spark() -> None:
    """Say to Spark where its settings are and which Java to use, unless the environment does."""
    os.environ.setdefault("SPARK_CONF_DIR", str(ROOT / "deploy" / "spark"))
    if installed := sorted(Path("/usr/lib/jvm").glob("java-17-openjdk-*")):
        os.environ.setdefault("JAVA_HOME", str(installed[0]))


def session(master: str, folder: Path) -> Any:
    """The Spark session of this process: tables and their catalogue below `folder`, which every worker must see."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.app.name": "primary care warehouse",
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder / 'catalogue'};create=true",
        "spark.driver.extraJavaOptions": f"-Duser.timezone=UTC -Dderby.stream.error.file={folder / 'derby.log'}",
        "spark.executor.extraJavaOptions": "-Duser.timezone=UTC",
        **SESSION,
    }
    builder = SparkSession.builder.master(master).enableHiveSupport()
    for name, value in settings.items():
        builder = builder.config(name, value)
    found = builder.getOrCreate()
    found.sparkContext.setLogLevel("ERROR")
    return found


def make_feeds(spark: Any, folder: Path) -> None:
    """The schema `feed`, of statements that `dbt_project.spark` wrote."""
    for statement in json.loads((folder / FEEDS).read_text("utf-8")):
        spark.sql(statement)


def stay_strict(connection_class: Any) -> None:
    """Make each statement of the adapter's session run with `SESSION`.

    dbt-spark turns ANSI mode off with each of them, and a cast that cannot be made would be null.
    """
    cursor = connection_class.cursor

    def strict(self: Any) -> Any:
        self.server_side_parameters = {**self.server_side_parameters, **SESSION}
        return cursor(self)

    connection_class.cursor = strict


def translated(compiler_class: Any, views: dict[str, str]) -> None:
    """Make dbt's compiler (the class) hand on models and tests in the words of Spark.

    What DuckDB says for a view is kept in `views`: it is made there too, over what Spark has built.
    """
    from dbt.artifacts.resources.types import NodeType

    compile_code = compiler_class._compile_code

    def _compile_code(self: Any, node: Any, *more: Any, **named: Any) -> Any:
        node = compile_code(self, node, *more, **named)
        if node.resource_type in (NodeType.Model, NodeType.Test):
            if node.get_materialization() == "view":
                views[f"{node.schema}.{node.name}"] = node.compiled_code
            node.compiled_code = to_spark(node.compiled_code)
        return node

    compiler_class._compile_code = _compile_code


def main() -> None:
    """The command line of dbt."""
    if parent := os.environ.get(PARENT):
        end_with(int(parent))
    from dbt.adapters.spark.session import Connection
    from dbt.cli.main import cli
    from dbt.compilation import Compiler

    find_spark()
    folder = Path(os.environ[SPARK_FOLDER])
    views: dict[str, str] = {}
    spark = session(os.environ.get(MASTER, "local[*]"), folder)
    try:
        make_feeds(spark, folder)
        stay_strict(Connection)
        translated(Compiler, views)
        cli()
    finally:
        spark.stop()
        known = folder / VIEWS
        earlier = json.loads(known.read_text("utf-8")) if known.exists() else {}
        known.write_text(json.dumps(earlier | views, ensure_ascii=False), "utf-8")


if __name__ == "__main__":
    main()
