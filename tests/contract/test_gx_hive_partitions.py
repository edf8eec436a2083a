"""The suites on feeds as they really are: views over Parquet partitioned by period.

DuckDB 1.5.5 raises an internal error on `select max(period)` of such a partition column, because it wants to answer
from the statistics of the files; a plain table hides that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from expectations.runner import run_suite
from expectations.suites import Suite, load_suites
from tests.unit.test_expectations_cases_build import CLINICAL, FEEDS, make_build_database
from tests.unit.test_expectations_cases_feeds import GOOD, make_rows_database


def _as_partitions(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    """Replace a table by a view over its rows, written as landing writes them."""
    columns = ", ".join(row[0] for row in connection.execute(f"describe {table}").fetchall())
    if connection.execute(f"select count(*) from {table}").fetchall()[0][0] == 0:
        return
    connection.execute(f"copy {table} to '{folder}' (format parquet, partition_by (period))")
    connection.execute(f"drop table {table}")
    connection.execute(
        f"create view {table} as select {columns} from read_parquet('{folder}/*/*.parquet',"
        " hive_partitioning = true, hive_types = {'period': date}, union_by_name = true)"
    )


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("build")
    with duckdb.connect(str(folder / "build.duckdb")) as connection:
        make_build_database(connection)
        for dataset in FEEDS:
            _as_partitions(connection, f"feed.{dataset}", folder / dataset)
    yield folder / "build.duckdb"


def _problems(suite: Suite, database: Path) -> list[str]:
    parameters = {"commissioner": "99A"} if "commissioner" in suite.parameters else {}
    verdicts = run_suite(suite, database, suite.relation, parameters=parameters)
    return [verdict.message for verdict in verdicts if not verdict.passed]


BUILD_SUITES = [suite for suite in load_suites().values() if suite.stage in ("staged", "marts")]


@pytest.mark.parametrize("suite", BUILD_SUITES, ids=lambda suite: f"{suite.suite}-{suite.stage}")
def test_gates_of_the_build_hold_on_partitioned_feeds(build: Path, suite: Suite) -> None:
    assert _problems(suite, build) == []


@pytest.mark.parametrize("dataset", GOOD)
def test_gate_of_rows_holds_on_a_partitioned_file(dataset: str, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "batch.duckdb")) as connection:
        make_rows_database(connection, dataset)
        _as_partitions(connection, "staged", tmp_path / "staged")
    assert _problems(load_suites()[dataset, "rows"], tmp_path / "batch.duckdb") == []


def test_empty_feeds_give_no_false_alarm(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    with duckdb.connect(str(path)) as connection:
        make_build_database(connection)
        for dataset in (*FEEDS, *CLINICAL):
            connection.execute(f"delete from feed.{dataset}")
        connection.execute("delete from feed.submission")
    for suite in BUILD_SUITES:
        if suite.stage == "staged":
            assert _problems(suite, path) == []
