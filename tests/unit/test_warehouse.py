"""The build database is disposable: whether it can be read is known, and nothing is asked of one that cannot."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from dbt_project import feeds
from dbt_project.kept import assert_built, keep_verdicts, kept_verdicts
from dbt_project.warehouse import damage_of, discard
from pcw.errors import PcwError


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema build")
        connection.execute("create table build.verdict (stage varchar, verdict varchar)")
        connection.execute("insert into build.verdict values ('marts', '{\"passed\": true}')")
        connection.execute("create table numbers as select range as n, md5(range::varchar) as t from range(100000)")
    return file


def test_a_whole_one_has_no_damage(warehouse: Path) -> None:
    assert damage_of(warehouse, deep=False) is None
    assert damage_of(warehouse, deep=True) is None
    assert kept_verdicts(warehouse) == [{"passed": True}]


def test_a_new_one_has_no_verdicts_and_nothing_is_built(tmp_path: Path) -> None:
    """Also when preparing its feeds was stopped: owners are told of just that run, and verdicts are asked for then."""
    file = tmp_path / "warehouse.duckdb"
    feeds._open(file, "definitions", "1GB").close()
    assert kept_verdicts(file) == []
    with pytest.raises(PcwError, match="not all built"):
        assert_built(file, ["components"])


def test_verdicts_of_a_gate_replace_those_before_and_no_others(warehouse: Path) -> None:
    keep_verdicts(warehouse, "staged", [{"check": "a"}, {"check": "b"}])
    keep_verdicts(warehouse, "staged", [{"check": "a"}])
    assert sorted(map(str, kept_verdicts(warehouse))) == ["{'check': 'a'}", "{'passed': True}"]


def test_one_that_does_not_open(warehouse: Path) -> None:
    warehouse.write_bytes(b"no database" * 1000)
    assert "not a valid DuckDB database file" in str(damage_of(warehouse, deep=False))
    assert kept_verdicts(warehouse) == []


def test_a_page_that_is_damaged_is_found_by_reading(warehouse: Path) -> None:
    size = warehouse.stat().st_size
    with warehouse.open("r+b") as file:
        for place in range(3 * 4096 + 256 * 1024, size, 256 * 1024):
            file.seek(place + 1000)
            file.write(b"\xff" * 64)
    assert damage_of(warehouse, deep=True) is not None


def test_none_is_whole_and_can_be_thrown_away(warehouse: Path) -> None:
    discard(warehouse)
    assert not warehouse.exists()
    assert damage_of(warehouse, deep=True) is None
    discard(warehouse)


def test_one_that_somebody_has_open_is_not_damaged(warehouse: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(); input()", str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout is not None
    held.stdout.readline()
    with pytest.raises(PcwError, match="open in another program"):
        damage_of(warehouse, deep=False)
    held.communicate("\n")
