"""kill -9 at every step that touches the disk, then the same again: the old release or the new one, never a mixture."""

import json
import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pcw.home import Home
from publishing import shelf
from publishing.content_hash import content_hash_of
from publishing.rollback import rollback, unpin
from tests.unit.publishing_build import AUDIENCES, build_database, release_of

# After each of these a reader or the next run can find something else than before.
VISIBLE = ((os, "rename"), (os, "replace"), (os, "symlink"), (os, "mkdir"), (shutil, "copyfile"))
# Between two of all these nothing that lasts happens.
ALL = (*VISIBLE, (os, "fsync"), (os, "unlink"), (os, "chmod"), (duckdb, "connect"))
STEPS: dict[str, tuple[tuple[Any, str], ...]] = {"visible": VISIBLE, "all": ALL}
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["tests.unit.publishing_build"])  # one import, a hundred children
SURVIVED = 0


def publish_new(home: Home, folder: Path) -> None:
    release_of(home, folder / "warehouse.duckdb", inputs_fingerprint="new", keep=1)


def go_back(home: Home, folder: Path) -> None:
    rollback(home, None, reason="June is wrong", at=datetime(2017, 8, 2))


def go_forward(home: Home, folder: Path) -> None:
    if shelf.pin_of(home) is not None:
        unpin(home)


ACTIONS: dict[str, Callable[[Home, Path], None]] = {"publish": publish_new, "rollback": go_back, "unpin": go_forward}


def act(action: str, root: str, folder: str, steps: str, dies_at: int) -> None:
    """In a process of its own: do it, and die before step `dies_at`."""
    count = 0

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **keywords: Any) -> Any:
            nonlocal count
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return function(*arguments, **keywords)

        return step

    for module, name in STEPS[steps]:
        setattr(module, name, watched(getattr(module, name)))
    ACTIONS[action](Home(Path(root)), Path(folder))


def run(action: str, home: Home, folder: Path, steps: str = "visible", dies_at: int = -1) -> int | None:
    """Exit code of the process that did it."""
    child = FORK.Process(target=act, args=(action, str(home.root), str(folder), steps, dies_at))
    child.start()
    child.join()
    return child.exitcode


def what_readers_see(home: Home) -> str | None:
    """Content hash of what is current, after checking that it is one whole release."""
    link = home.published / "current.duckdb"
    if not link.is_symlink():
        return None
    with duckdb.connect(str(link), read_only=True) as connection:
        [(release_id, figures)] = connection.execute("select release_id, content_hash from release").fetchall()
        stamped = connection.execute("select distinct release_id from indicator_latest").fetchall()
    assert stamped == [(release_id,)]
    assert os.readlink(link) == f"releases/{release_id}/commissioner.duckdb"
    assert content_hash_of(link) == figures
    for audience in ("practice", "public"):  # of which release, may differ until the next run; never half a one
        with duckdb.connect(str(home.published / f"{audience}.duckdb"), read_only=True) as connection:
            [(shown_id,)] = connection.execute("select release_id from release").fetchall()
        facts = json.loads((home.published / "releases" / shown_id / "release.json").read_text())
        tables = next(each.tables for each in AUDIENCES if each.name == audience)
        found = content_hash_of(home.published / f"{audience}.duckdb", tables)
        assert found == facts["audiences"][audience]["content_hash"]
    return str(figures)


def assert_whole(home: Home) -> None:
    """Every link, `current.json` and every file agree, and nothing is left over."""
    current = shelf.current_release(home)
    assert current is not None
    assert os.readlink(home.private / "current.duckdb") == current.private_path.name
    assert json.loads((home.published / "current.json").read_text())["release_id"] == current.release_id
    known = {release.release_id for release in shelf.releases(home)}
    assert {file.stem for file in home.private.iterdir() if not file.is_symlink()} == known
    assert {folder.name for folder in (home.published / "releases").iterdir()} == known
    assert {path.name for path in home.published.iterdir()} - {"PINNED"} == {
        "releases",
        "current.duckdb",
        "current.json",
        "practice.duckdb",
        "public.duckdb",
    }
    for audience in ("practice", "public"):
        assert os.readlink(home.published / f"{audience}.duckdb") == f"releases/{current.release_id}/{audience}.duckdb"
    for release in shelf.releases(home):
        assert content_hash_of(release.path) == content_hash_of(release.private_path) == release.content_hash


EVERY_STEP = pytest.param("all", marks=pytest.mark.slow)


@pytest.mark.slow  # `test_kills` dies at some of the steps of a new release in every run
@pytest.mark.parametrize("steps", ["visible", EVERY_STEP])
@pytest.mark.parametrize("start", ["released", "empty"])
def test_killed_while_publishing(tmp_path: Path, start: str, steps: str) -> None:
    pristine = Home(tmp_path / "pristine").create()
    old = None
    if start == "released":
        old = release_of(pristine, build_database(tmp_path, items=10)).content_hash
    new = content_hash_of(build_database(tmp_path, items=12))
    assert_every_step_is_safe(tmp_path, pristine, "publish", steps, old, new)


@pytest.mark.slow  # dozens of kills
@pytest.mark.parametrize("steps", ["visible", EVERY_STEP])
def test_killed_while_rolling_back_and_while_unpinning(tmp_path: Path, steps: str) -> None:
    pristine = Home(tmp_path / "pristine").create()
    old = release_of(pristine, build_database(tmp_path, items=10)).content_hash
    new = release_of(pristine, build_database(tmp_path, items=12), inputs_fingerprint="new").content_hash
    assert_every_step_is_safe(tmp_path, pristine, "rollback", steps, old, new)
    go_back(pristine, tmp_path)
    assert_every_step_is_safe(tmp_path, pristine, "unpin", steps, old, new)


def assert_every_step_is_safe(folder: Path, pristine: Home, action: str, steps: str, old: str | None, new: str) -> None:
    """Die at step 0, 1, 2... until the action survives; each time look, publish the new figures, look again."""
    dies_at = 0
    while True:
        home = Home(folder / "home")
        shutil.copytree(pristine.root, home.root, symlinks=True)
        exit_code = run(action, home, folder, steps, dies_at)
        assert what_readers_see(home) in (old, new), f"a mixture after {dies_at} steps"
        pinned = shelf.pin_of(home) is not None
        assert run("publish", home, folder) == SURVIVED, f"cannot go on after {dies_at} steps"
        assert what_readers_see(home) == (old if pinned else new), f"not the same answer after {dies_at} steps"
        assert_whole(home)
        shutil.rmtree(home.root)
        if exit_code == SURVIVED:
            break
        assert exit_code == -signal.SIGKILL
        dies_at += 1
    assert dies_at >= 5, "the steps were watched"
