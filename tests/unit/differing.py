"""Two releases of which one is changed by SQL, and their differences. No test is in here.

The fixtures are known to all small tests (`conftest`).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from publishing import shelf
from publishing.diff import Diff, diff_files
from tests.unit.publishing_build import build_database, release_of

Differ = Callable[..., Diff]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("published")
    home = Home(folder / "home").create()
    release_of(home, build_database(folder))
    return home


@pytest.fixture
def differ(published: Home, tmp_path: Path) -> Differ:
    """Change a build that is published by SQL, publish it too, compare both."""
    home = Home(tmp_path / "home")
    shutil.copytree(published.root, home.root, symlinks=True)
    [first] = shelf.releases(home)

    def compare(*statements: str, submission: str = "aaa") -> Diff:
        build = build_database(tmp_path, submission=submission)
        with duckdb.connect(str(build)) as connection:
            for statement in statements:
                connection.execute(statement)
        second = release_of(home, build, inputs_fingerprint="changed")
        return diff_files(first.path, second.path)

    return compare


@pytest.fixture
def moved(published: Home, tmp_path: Path) -> Differ:
    """Change a copy of the release itself: what a change is and what caused it needs no second one to be published."""
    [first] = shelf.releases(published)
    second = tmp_path / "second.duckdb"

    def compare(*statements: str) -> Diff:
        shutil.copy(first.path, second)
        second.chmod(0o600)
        with duckdb.connect(str(second)) as connection:
            for statement in statements:
                connection.execute(statement)
        return diff_files(first.path, second)

    return compare


def position(period: int, vintage: int, is_current: str, actual: int = 100) -> str:
    return (
        "insert into finance_position values ('99A', '2017/18', "
        f"{period}, {vintage}, 'total', 'all', {actual}, null, '2017-08-0{vintage}', {is_current})"
    )
