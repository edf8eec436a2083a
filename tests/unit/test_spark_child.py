"""How a build comes to Spark, and that its session stays strict; without Spark itself."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dbt_project.dialect import SESSION
from orchestration import dbt_child
from orchestration.spark_child import drop_for_good, stay_strict


class GoneOn(Exception):
    """The process would now be another program."""


@pytest.fixture
def gone_on(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `execve` was called with."""
    called: list[Any] = []

    def execve(*arguments: Any) -> None:
        called.extend(arguments)
        raise GoneOn

    monkeypatch.setattr(os, "execve", execve)
    return called


def test_a_build_for_spark_goes_on_there(gone_on: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(dbt_child.SPARK_FOLDER, "folder")
    monkeypatch.setattr(sys, "argv", ["pcw-dbt", "build", "--target", "spark"])
    with pytest.raises(GoneOn):
        dbt_child.main()
    program, line, environment = gone_on
    assert program == dbt_child.SPARK_PYTHON
    assert line[1:] == ["-m", "orchestration.spark_child", "build", "--target", "spark"]
    assert environment["PYTHONPATH"] == str(dbt_child.ROOT)
    assert environment[dbt_child.SPARK_FOLDER] == "folder"


@pytest.mark.parametrize(("command", "folder"), [("parse", "folder"), ("build", None)])
def test_all_else_is_dbt_of_this_environment(command: str, folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(dbt_child.SPARK_FOLDER, raising=False)
    if folder:
        monkeypatch.setenv(dbt_child.SPARK_FOLDER, folder)
    assert not dbt_child.is_for_spark([command, "--help"])


@pytest.mark.parametrize(
    ("sql", "is_gone"),
    [
        ('/* {"app": "dbt"} */\ndrop table if exists main.risk', True),
        ("drop view if exists main.risk", False),
        ("create table main.risk as select 'drop table if exists main.risk' as a", False),
    ],
)
def test_a_dropped_table_leaves_no_files(sql: str, is_gone: bool, tmp_path: Path) -> None:
    executed = []

    class Cursor:
        """As dbt-spark's own."""

        def execute(self, sql: str, *parameters: Any) -> None:
            executed.append((sql, parameters))

    for name in ("risk", "risk_grade_count"):
        (tmp_path / "tables" / "main.db" / name).mkdir(parents=True)
    drop_for_good(Cursor, tmp_path)
    Cursor().execute(sql, 1)
    assert executed == [(sql, (1,))]
    assert (tmp_path / "tables" / "main.db" / "risk").exists() is not is_gone
    assert (tmp_path / "tables" / "main.db" / "risk_grade_count").exists()


def test_ansi_mode_is_on_again_with_each_statement() -> None:
    class Connection:
        """As dbt-spark's own: it was told to turn ANSI mode off."""

        server_side_parameters = {"spark.sql.ansi.enabled": "false", "spark.executor.cores": "1"}

        def cursor(self) -> Any:
            return SimpleNamespace(parameters=self.server_side_parameters)

    stay_strict(Connection)
    assert Connection().cursor().parameters == {**SESSION, "spark.executor.cores": "1"}
    assert SESSION["spark.sql.ansi.enabled"] == "true"
