"""Backups: whole, private, cheap when little changed, and proven before anything of them is used."""

import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pcw.errors import PcwError
from pcw.home import Home
from publishing import backup as room
from publishing.backup import CONTENTS, backup, newest, restore
from publishing.content_hash import content_hash_of
from publishing.shelf import Pin, current_release, pin_of, set_pin
from sources.intact import assert_intact
from sources.manifests import read_submissions
from tests.unit.operating_home import GROUPS, land_groups, operated

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def operated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("operated")
    return operated(folder / "home", folder / "outside").root


@pytest.fixture
def home(operated_once: Path, tmp_path: Path) -> Home:
    shutil.copytree(operated_once, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def kept(root: Path) -> dict[str, tuple[str, int]]:
    """Contents (or target) and mode of what a backup keeps of a home."""
    found = {}
    for path in room._kept(Home(root), with_history=False):
        contents = os.readlink(path) if path.is_symlink() else path.read_bytes().hex() if path.is_file() else ""
        found[str(path.relative_to(root))] = (contents, path.lstat().st_mode & 0o777)
    return found


def test_a_restored_home_is_the_same(home: Home, tmp_path: Path) -> None:
    home.waivers.mkdir()
    (home.waivers / "w1.json").write_text("{}")
    set_pin(home, Pin("x", "June is wrong", "2026-10-01"))
    made = backup(home, tmp_path / "backups", at=NOW, with_history=False)
    other = Home(tmp_path / "other")
    restored = restore(other, tmp_path / "backups")
    assert kept(other.root) == kept(home.root)
    assert restored.folder == made.folder
    assert restored.files == made.files > 8
    assert (other.waivers / "w1.json").exists()
    assert pin_of(other) == pin_of(home)
    assert_intact(other.landing, read_submissions(other.landing))
    release = current_release(other)
    assert release is not None
    assert content_hash_of(other.published / "current.duckdb") == release.content_hash
    assert (other.private.stat().st_mode & 0o777, release.private_path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert not (other.root / ".restoring").exists()


def test_what_can_be_made_again_or_was_not_received_is_not_kept(home: Home, tmp_path: Path) -> None:
    home.warehouse.write_text("built")
    (home.inbox / "SEM_OPA.csv").write_text("may hold identifiers")
    (home.work / "scratch").write_text("scratch")
    (home.landing / "practice_groups" / ".x.tmp").mkdir()
    (home.landing / "practice_groups" / ".x.tmp" / "half.parquet").write_text("half")
    (home.landing / ".receipts").mkdir(exist_ok=True)
    (home.landing / ".receipts" / "note.json").write_text("{}")
    made = backup(home, tmp_path / "backups", at=NOW, with_history=False)
    names = {path.name for path in made.folder.rglob("*")}
    assert not names & {"warehouse.duckdb", "SEM_OPA.csv", "scratch", ".x.tmp", "half.parquet", "pcw.lock"}
    assert "note.json" in names, "when a file was received is told by its receipt alone"
    assert made.folder.stat().st_mode & 0o777 == 0o700


def test_the_next_backup_costs_what_is_new(home: Home, tmp_path: Path) -> None:
    first = backup(home, tmp_path / "backups", at=NOW, with_history=False)
    again = backup(home, tmp_path / "backups", at=NOW + timedelta(days=1), with_history=False)
    assert (again.files, again.copied) == (first.files, 0)
    land_groups(home, tmp_path / "outside", GROUPS.replace("Alderbank", "Cloverfield"), NOW - timedelta(days=3))
    later = backup(home, tmp_path / "backups", at=NOW + timedelta(days=2), with_history=False)
    assert 0 < later.copied < 5
    release = next(path for path in first.folder.rglob("commissioner.duckdb"))
    assert release.stat().st_nlink == 3
    shutil.rmtree(first.folder)  # any of them can go
    restore(Home(tmp_path / "other"), later.folder)
    assert newest(tmp_path / "backups") == later.folder


@pytest.mark.parametrize("damage", ["changed", "missing"])
def test_a_damaged_backup_restores_nothing(home: Home, tmp_path: Path, damage: str) -> None:
    made = backup(home, tmp_path / "backups", at=NOW, with_history=False)
    file = next(made.folder.rglob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.unlink()
    if damage == "changed":
        file.write_bytes(data)
    other = Home(tmp_path / "other")
    with pytest.raises(PcwError, match=r"is damaged: .*\.parquet .*take an earlier one"):
        restore(other, made.folder)
    assert list(other.root.iterdir()) == []


def test_a_restore_never_mixes(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "backups", at=NOW, with_history=False)
    before = kept(home.root)
    with pytest.raises(PcwError, match="is not empty"):
        restore(home, tmp_path / "backups")
    assert kept(home.root) == before
    with pytest.raises(PcwError, match="is no backup"):
        restore(Home(tmp_path / "other"), tmp_path)


def test_a_backup_within_the_home_is_refused(home: Home) -> None:
    with pytest.raises(PcwError, match="what destroys the one destroys the other"):
        backup(home, home.root / "reports" / "backups", at=NOW, with_history=False)


def test_a_backup_that_breaks_off_is_none(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device", "a file")

    with monkeypatch.context() as patched:
        patched.setattr(room, "_copy", full)
        with pytest.raises(PcwError, match="could not be written and is not there: No space left"):
            backup(home, tmp_path / "backups", at=NOW, with_history=False)
    assert newest(tmp_path / "backups") is None
    backup(home, tmp_path / "backups", at=NOW, with_history=False)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["20261101T080000000000Z"]


def test_the_history_of_runs_is_a_copy_of_one_moment(home: Home, tmp_path: Path) -> None:
    (home.dagster / "history").mkdir(parents=True)
    with sqlite3.connect(home.dagster / "history" / "runs.db") as writing:
        writing.execute("create table runs (id text)")
        writing.execute("insert into runs values ('one')")
        writing.commit()
        writing.execute("insert into runs values ('not committed')")
        without = backup(home, tmp_path / "backups", at=NOW, with_history=False)
        made = backup(home, tmp_path / "backups", at=NOW + timedelta(hours=1), with_history=True)
        writing.rollback()
    assert not list(without.folder.rglob("*.db"))
    assert json.loads((made.folder / CONTENTS).read_text())["files"]["dagster/history/runs.db"]["bytes"] > 0
    restore(Home(tmp_path / "other"), made.folder)
    with sqlite3.connect(tmp_path / "other/dagster/history/runs.db") as reading:
        assert reading.execute("select id from runs").fetchall() == [("one",)]
