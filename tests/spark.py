"""A real Spark for tests: a standalone master with two workers on loopback, dbt on it, and its tables beside DuckDB's.

Belongs here: starting and ending it by its own processes, and comparing two builds row by row.
Does not belong here: what is built (the tests).
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from dbt_project.spark import write_feeds
from orchestration.spark_child import find_spark
from tests.conftest import PROJECT
from tests.services import running

PYTHON = PROJECT / ".venv-spark" / "bin" / "python"
NEAR = 1e-9  # of doubles, relative
CORES = 1
MEMORY = "1g"
_VIEWS = """
import json, os, sys
from pathlib import Path
from orchestration.spark_child import MASTER, find_spark, session
folder = Path(sys.argv[1])
find_spark()
spark = session(os.environ[MASTER], folder)
for name in json.loads((folder / "views.json").read_text()):
    schema, view = name.split(".")
    spark.table(name).write.mode("overwrite").parquet(str(folder / "tables" / (schema + ".db") / view))
spark.stop()
"""


def missing() -> str | None:
    """What a test needs and this machine does not have; None where all is there."""
    if not PYTHON.exists():
        return "no .venv-spark: make spark-install"
    find_spark()
    java = Path(os.environ.get("JAVA_HOME", ""), "bin", "java")
    return None if java.exists() else "no Java 17: apt-get install openjdk-17-jre-headless"


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a standalone master with two workers of one core each, ended with the block."""
    find_spark()
    home = next((PROJECT / ".venv-spark" / "lib").glob("python*/site-packages/pyspark"))
    configuration = folder / "conf"
    configuration.mkdir(parents=True)
    defaults = (PROJECT / "deploy" / "spark" / "spark-defaults.conf").read_text()
    defaults += f"spark.driver.host 127.0.0.1\nspark.driver.bindAddress 127.0.0.1\nspark.executor.memory {MEMORY}\n"
    (configuration / "spark-defaults.conf").write_text(defaults)
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(configuration),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
    }
    with ExitStack() as stack:

        def start(name: str, up: str, *arguments: str) -> str:
            log = folder / f"{name}.log"
            command = [str(home / "bin" / "spark-class"), *arguments]
            stack.enter_context(running(command, log, lambda: up in log.read_text(), env=environment))
            return log.read_text()

        deploy = "org.apache.spark.deploy"
        said = start("master", "I have been elected leader", f"{deploy}.master.Master", "--host", "127.0.0.1",
                     "--port", "0", "--webui-port", "0")  # fmt: skip
        address = re.search(r"spark://127\.0\.0\.1:\d+", said)
        assert address is not None, said
        for name in ("worker-1", "worker-2"):
            start(name, "Successfully registered with master", f"{deploy}.worker.Worker", "--host", "127.0.0.1",
                  "--cores", str(CORES), "--memory", MEMORY, "--webui-port", "0", "--work-dir", str(folder / name),
                  address[0])  # fmt: skip
        yield address[0]


def spark_environment(folder: Path, master: str, configuration: Path | None = None) -> dict[str, str]:
    """What a program of .venv-spark reads."""
    conf = {"SPARK_CONF_DIR": str(configuration), "SPARK_LOCAL_IP": "127.0.0.1"} if configuration else {}
    return {
        **os.environ, **conf, "PYTHONPATH": str(PROJECT), "PCW_SPARK_FOLDER": str(folder), "PCW_SPARK_MASTER": master,
        "DBT_LOG_LEVEL_FILE": "none", "DO_NOT_TRACK": "1",
    }  # fmt: skip


def dbt_on_spark(
    warehouse: Path, folder: Path, master: str, *arguments: str, configuration: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run dbt on Spark over the feeds of a build database, whatever comes of it."""
    folder.mkdir(exist_ok=True)
    write_feeds(warehouse, folder)
    project, target = str(PROJECT / "dbt_project"), str(folder / "target")
    line = [str(PYTHON), "-m", "orchestration.spark_child", "--no-use-colors", *arguments, "--full-refresh",
            "--target", "spark", "--no-partial-parse", "--project-dir", project, "--profiles-dir", project,
            "--target-path", target, "--log-path", target, "--vars", '{"commissioner": "99A"}']  # fmt: skip
    environment = spark_environment(folder, master, configuration)
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def write_views(folder: Path, master: str, configuration: Path | None = None) -> None:
    """Have Spark write its views down beside its tables, so that they can be compared too."""
    environment = spark_environment(folder, master, configuration)
    line = [str(PYTHON), "-c", _VIEWS, str(folder)]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def differences(warehouse: Path, folder: Path) -> dict[str, str]:
    """Of each model that differs between a build database and the tables of Spark, how.

    Rows are compared as multisets: all but doubles exactly, doubles of equal rows in their order within `NEAR`.
    """
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        models = connection.execute(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema in ('staging', 'intermediate', 'main')"
        ).fetchall()
        for schema, name in sorted(models):
            files = folder / "tables" / f"{schema}.db" / name / "*.parquet"
            if not list(files.parent.glob("*.parquet")):
                found[f"{schema}.{name}"] = "Spark has no such table"
            elif difference := _difference(connection, f"{schema}.{name}", files):
                found[f"{schema}.{name}"] = difference
    assert len(models) > 200, "the build database has hardly any models"
    return found


def _difference(connection: duckdb.DuckDBPyConnection, relation: str, files: Path) -> str | None:
    theirs = f"read_parquet('{files}', hive_partitioning = false)"
    own_types = {row[0].lower(): row[1] for row in connection.execute(f"describe from {relation}").fetchall()}
    types = {row[0].lower(): row[1] for row in connection.execute(f"describe from {theirs}").fetchall()}
    if list(own_types) != list(types):
        return f"columns {list(own_types)} and {list(types)}"
    doubles = [name for name in types if "DOUBLE" in (own_types[name], types[name])]
    exact = [name for name in types if name not in doubles]
    unlike = {n: (own_types[n], types[n]) for n in exact if _kind(own_types[n]) != _kind(types[n])}
    if unlike:
        return f"types {unlike}"
    values = [f'cast("{n}" as decimal(38, 10))' if _kind(types[n]) == "number" else f'"{n}"' for n in exact]
    key = ", ".join(values) or "null"
    for first, second, who in ((relation, theirs, "DuckDB"), (theirs, relation, "Spark")):
        rest = f"(select {key} from {first} except all select {key} from {second})"
        only = connection.execute(f"select * from {rest} order by all limit 2").fetchall()
        if only:
            count = connection.execute(f"select count(*) from {rest}").fetchall()[0][0]
            return f"{count} rows that only {who} has: {only} of {exact}"
    for name in doubles:
        place = f'row_number() over (partition by {key} order by "{name}")'
        pair = f'select hash({key}) as row_key, {place} as place, cast("{name}" as double) as found from '
        far = connection.execute(
            f"with a as ({pair} {relation}), b as ({pair} {theirs}) select a.found, b.found from a join b"
            " using (row_key, place) where (a.found is null) <> (b.found is null)"
            f" or abs(a.found - b.found) > {NEAR} * greatest(abs(a.found), abs(b.found)) limit 2"
        ).fetchall()
        if far:
            return f"{name}: {far}"
    return None


def _kind(duckdb_type: str) -> str:
    is_number = duckdb_type.endswith("INT") or duckdb_type.startswith(("INTEGER", "DECIMAL"))
    return "number" if is_number and "[" not in duckdb_type else duckdb_type


if __name__ == "__main__":
    for model, how in differences(Path(sys.argv[1]), Path(sys.argv[2])).items():
        print(model, how)
