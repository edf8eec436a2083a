"""The cookbook: each of its queries answers alike in DuckDB and PostgreSQL, and while copies are made.

Readers are what readers have: psql and ODBC (unixODBC with the driver of PostgreSQL), not our own connection.
"""

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from publishing import postgres_copy
from publishing.shelf import Release
from tests.conftest import PROJECT
from tests.services import POSTGRES
from tests.serving import PSQL, as_reader, ask, connected

psycopg2 = pytest.importorskip("psycopg2")
ISQL = shutil.which("isql")
ODBC_DRIVER = next(iter(sorted(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"))), None)
MOST_LOADS = 20
COOKBOOK = (PROJECT / "docs" / "cookbook.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(POSTGRES is None or PSQL is None, reason="PostgreSQL is not installed")


def questions() -> list[tuple[str, str]]:
    """Every query of the cookbook with the question above it."""
    found = []
    for section in COOKBOOK.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        found += [(title, query) for query in re.findall(r"```sql\n(.*?)```", body, re.DOTALL)]
    return found


@pytest.mark.parametrize(("question", "query"), questions(), ids=lambda text: text[:40] if "\n" not in text else "")
def test_the_cookbook_answers_alike_in_both(loaded: str, release: Release, question: str, query: str) -> None:
    with connected(as_reader(loaded)) as served, duckdb.connect(str(release.path), read_only=True) as file:
        ask(served, "set search_path = pcw")
        here, there = file.execute(query).fetchall(), ask(served, query)
    assert here or question == "What changed since last month?"
    if "limit" not in query:
        assert sorted(map(_plain, here)) == sorted(map(_plain, there)), question


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    """A row as text: a sum is a decimal here and an integer there, a quotient may differ in its last digit."""
    return tuple(f"{float(cell):.9g}" if _is_number(cell) else str(cell) for cell in row)


def _is_number(cell: object) -> bool:
    return not isinstance(cell, bool | str) and hasattr(cell, "__float__")


@dataclass
class Asked:
    """How often a program has asked, and what went wrong."""

    times: int = 0
    wrong: list[str] = field(default_factory=list)


@contextmanager
def reading(command: list[str], query: str, environment: dict[str, str]) -> Iterator[Asked]:
    """A program that asks again and again while something else happens, and once in any case."""
    asked, stop = Asked(), threading.Event()

    def keep_asking() -> None:
        while not (asked.times and stop.is_set()):
            done = subprocess.run(command, input=query, capture_output=True, text=True, env=environment, check=False)
            if done.returncode or "ERROR" in done.stdout + done.stderr or not done.stdout.strip():
                asked.wrong.append((done.stdout + done.stderr)[-500:])
            asked.times += 1

    thread = threading.Thread(target=keep_asking)
    thread.start()
    try:
        yield asked
    finally:
        stop.set()
        thread.join()


def odbc(url: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """isql and the data source that it reads, as an Excel or Power BI on another machine has one."""
    found = re.fullmatch(r"postgresql://(\w+):([^@]+)@([\d.]+):(\d+)/(\w+)", url)
    assert found is not None
    user, password, host, port, database = found.groups()
    lines = [
        *("[pcw]", f"Driver = {ODBC_DRIVER}", f"Servername = {host}", f"Port = {port}", f"Database = {database}"),
        *("ReadOnly = Yes", "ConnSettings = set search_path = pcw", "MaxVarcharSize = 8190"),
    ]
    (folder / "odbc.ini").write_text("\n".join(lines) + "\n")
    return [str(ISQL), "-b", "-v", "-d,", "pcw", user, password], os.environ | {"ODBCINI": str(folder / "odbc.ini")}


# Says ERROR where a statement reads tables of two releases.
OF_ONE_RELEASE = (
    "select case when count(distinct release_id) = 1 then 'one release' else 'ERROR: release_id differs' end from "
    "(select release_id from release union all select release_id from indicator_result) as every;"
)


def renamed(release: Release, release_id: str, folder: Path) -> Release:
    """The same figures as a release of another id."""
    file = folder / "renamed.duckdb"
    file.write_bytes(release.path.read_bytes())
    with duckdb.connect(str(file)) as made:
        for table in ("release", "indicator_result"):
            made.execute(f"update {table} set release_id = ?", [release_id])
    return replace(release, release_id=release_id, path=file)


@pytest.mark.skipif(ISQL is None or ODBC_DRIVER is None, reason="unixODBC or its PostgreSQL driver is not installed")
def test_psql_and_odbc_read_the_cookbook_while_copies_are_made(loaded: str, release: Release, tmp_path: Path) -> None:
    """isql takes one statement a line. Releases are loaded in turn until each has asked: an answer is of one."""
    every = [re.sub(r"\s+", " ", re.sub(r"--.*", "", query)).strip() for _, query in questions()]
    every.append(OF_ONE_RELEASE)
    newer = renamed(release, "newer", tmp_path)
    url = as_reader(loaded)
    psql = [str(PSQL), "-X", "-q", "-v", "ON_ERROR_STOP=1", url]
    command, environment = odbc(url, tmp_path)
    by_psql = "set search_path = pcw;\n" + "\n".join(every)
    by_odbc = "\n".join(query.rstrip(";") for query in every) + "\n"
    with reading(psql, by_psql, {}) as by_hand, reading(command, by_odbc, environment) as by_program:
        for _ in range(MOST_LOADS):
            for one in (newer, release):
                postgres_copy.load(one, loaded)
            if min(by_hand.times, by_program.times) >= 3:
                break
        assert min(by_hand.times, by_program.times) >= 3, "they asked while copies were made"
    assert by_hand.wrong == [] and by_program.wrong == []
    with connected(loaded) as served:
        ask(served, "update pcw.release set release_id = 'another'")
    with reading(psql, f"set search_path = pcw;\n{OF_ONE_RELEASE}", {}) as by_hand:
        pass
    assert "ERROR: release_id differs" in by_hand.wrong[0]
    with connected(loaded) as served:
        ask(served, "update pcw.release set release_id = %s", release.release_id)
    with reading(psql, "select * from pcw.nothing", {}) as by_hand:
        pass
    with reading(command, "select * from nothing\n", environment) as by_program:
        pass
    assert by_hand.wrong and "ERROR" in by_program.wrong[0]
