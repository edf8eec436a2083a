"""The history of runs with its last used databases kept open: the same events for whoever reads them meanwhile."""

import sqlite3
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy import text

from orchestration import instance
from orchestration.event_log import KEPT, OpenEventLogStorage
from orchestration.instance import open_instance
from pcw.home import Home


@dg.asset
def something() -> None:
    """Materialised, again and again."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("DAGSTER_HOME", *instance.QUIET):
        monkeypatch.setenv(name, "")
    return Home(tmp_path / "home")


def run(on: dg.DagsterInstance) -> str:
    result = dg.materialize([something], instance=on)
    assert result.success
    return str(result.run_id)


def test_what_the_shell_writes_the_ui_reads_at_once(home: Home) -> None:
    with open_instance(home) as shell, dg.DagsterInstance.from_config(str(home.dagster)) as ui:
        assert isinstance(ui.event_log_storage, SqliteEventLogStorage)
        assert not isinstance(ui.event_log_storage, OpenEventLogStorage)
        runs = [run(shell) for _ in range(KEPT + 2)]
        for made in runs:
            kinds = [entry.dagster_event_type for entry in ui.all_logs(made)]
            assert kinds[-1] == dg.DagsterEventType.RUN_SUCCESS and len(kinds) > 5
            assert kinds == [entry.dagster_event_type for entry in shell.all_logs(made)]
        latest = ui.get_latest_materialization_event(something.key)
        assert latest is not None and latest.run_id == runs[-1]
        run(ui)  # both write to what all runs share
        again = run(shell)
        seen = ui.get_latest_materialization_event(something.key)
        assert seen is not None and seen.run_id == again


def open_files(folder: Path) -> set[str]:
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and (file := link.resolve()).is_relative_to(folder) and file.suffix == ".db":
            found.add(file.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to see what is open")
def test_few_stay_open_and_none_after_the_end(home: Home) -> None:
    folder = (home.dagster / "history" / "runs").resolve()
    with open_instance(home) as shell:
        runs = [run(shell) for _ in range(KEPT + 3)]
        left = open_files(folder)
        assert 1 < len(left) <= KEPT and f"{runs[-1]}.db" in left and f"{runs[0]}.db" not in left
    assert open_files(folder) == set()


def made(database: Path) -> tuple[list[tuple[str, str]], list[tuple[str, ...]], str]:
    """Tables and indices of a database, their revision, and how SQLite writes its journal."""
    with sqlite3.connect(database) as connection:
        things = connection.execute("select name, sql from sqlite_master where sql <> '' order by name").fetchall()
        revision = connection.execute("select version_num from alembic_version").fetchall()
        [journal] = connection.execute("pragma journal_mode").fetchone()
    return [(name, " ".join(sql.split())) for name, sql in things], revision, journal


def test_a_database_of_a_run_is_made_as_dagster_makes_it(home: Home) -> None:
    folder = home.dagster / "history" / "runs"
    with open_instance(home) as shell:
        first, second = run(shell), run(shell)
        assert isinstance(shell.event_log_storage, OpenEventLogStorage) and shell.event_log_storage._newest is not None
    with open_instance(home) as shell, dg.DagsterInstance.from_config(str(home.dagster)) as ui:
        of_dagster = run(ui)
        assert len(shell.all_logs(of_dagster)) > 5
    tables, revision, journal = made(folder / f"{of_dagster}.db")
    assert len(tables) > 3 and len(revision) == 1 and journal == "wal"
    assert made(folder / f"{first}.db") == made(folder / f"{second}.db") == (tables, revision, journal)


def test_a_database_that_was_half_made_is_made_whole(home: Home) -> None:
    """As after a kill in the middle: the file is there, and holds nothing yet."""
    with open_instance(home) as shell:
        run(shell)
        half = (home.dagster / "history" / "runs" / "half.db").resolve()
        half.touch()
        with shell.event_log_storage.run_connection("half") as connection:  # type: ignore[attr-defined]
            assert connection.execute(text("select count(*) from event_logs")).scalar() == 0
    assert made(half)[2] == "wal"


def test_whether_checks_have_a_table_is_asked_until_there_is_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = SqliteEventLogStorage.has_table

    def counted(self: SqliteEventLogStorage, table_name: str) -> bool:
        asked.append(table_name)
        return ask(self, table_name)

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", counted)
    with open_instance(home) as shell:
        log = shell.event_log_storage
        assert isinstance(log, OpenEventLogStorage)
        assert [log.has_table("not_yet"), log.has_table("not_yet")] == [False, False]
        assert log.supports_asset_checks and log.supports_asset_checks
    assert asked == ["not_yet", "not_yet", "asset_check_executions"]
