"""What readers of PostgreSQL see when releases change places: after a rollback, and with rights granted by hand."""

import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from orchestration import copying
from orchestration.cli import app
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import Settings
from publishing import postgres_copy, shelf
from publishing.rollback import rollback
from publishing.shelf import Release
from tests.services import POSTGRES, postgres
from tests.serving import READER, as_reader, ask, connected
from tests.unit.test_copies import home as home
from tests.unit.test_copies import released
from tests.unit.test_copies import template as template

psycopg2 = pytest.importorskip("psycopg2")

pytestmark = pytest.mark.skipif(POSTGRES is None, reason="PostgreSQL is not installed")

LOGINS = ("ann", "bi", "one-table", "everybody")


@pytest.fixture(scope="module")
def own() -> Iterator[str]:
    """A PostgreSQL of this module's own: its address."""
    with postgres() as url:
        with connected(url) as connection:
            ask(connection, "create role pcw_reader")
            for name in LOGINS:
                ask(connection, f"create role \"{name}\" login password '{READER}'")
            ask(connection, "grant pcw_reader to ann")
        yield url


@pytest.fixture
def url(own: str) -> str:
    """The address of a database without a copy."""
    with connected(own) as connection:
        ask(connection, "drop schema if exists pcw cascade; drop schema if exists pcw_previous cascade")
    return own


@pytest.fixture
def settings(home: Home, url: str) -> Settings:
    """PostgreSQL is there, and is made by hand alone."""
    return Settings(home=home.root, copies=("site",), serving_url=SecretStr(url))


def roll_back(home: Home, to: Release) -> None:
    rollback(home, to.release_id, reason="try", at=datetime(2017, 9, 1, tzinfo=UTC))


def test_a_rollback_takes_a_copy_along_that_was_made_by_hand(home: Home, settings: Settings, url: str) -> None:
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(second, url)
    roll_back(home, first)
    assert copying.take_postgres_along(home, settings) == [f"Readers of PostgreSQL see {first.release_id} too."]
    assert postgres_copy.loaded_release(url) == first.release_id
    assert copying.take_postgres_along(home, settings) == []


def test_a_rollback_makes_no_first_copy_that_nobody_wants(home: Home, settings: Settings, url: str) -> None:
    released(home, 1)
    assert copying.take_postgres_along(home, settings) == []
    assert postgres_copy.loaded_release(url) is None
    assert copying.take_postgres_along(home, settings.model_copy(update={"copies": ("postgres",)})) != []
    assert copying.take_postgres_along(home, settings.model_copy(update={"serving_url": None})) == []


def test_a_rollback_waits_for_who_loads_what_it_takes_back(
    home: Home, settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loader has asked whether its release is wanted, and then the rollback comes."""
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(first, url)
    told: list[str] = []
    taking = threading.Thread(target=lambda: told.extend(copying.take_postgres_along(home, settings)))
    revoke = postgres_copy.rights.revoke

    def between(cursor: Any, schema: str) -> None:
        if not taking.ident:
            roll_back(home, first)
            taking.start()
            taking.join(1)
            assert taking.is_alive(), "it waits for the loader"
        revoke(cursor, schema)

    monkeypatch.setattr("publishing.postgres_copy.rights.revoke", between)
    postgres_copy.load(second, url, is_wanted=lambda: shelf.current_id(home) == second.release_id)
    taking.join(30)
    assert told == [f"Readers of PostgreSQL see {first.release_id} too."]
    assert postgres_copy.loaded_release(url) == first.release_id


def test_a_copy_made_by_hand_is_not_shown_where_a_rollback_overtook_it(
    home: Home, settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(first, url)
    monkeypatch.setenv("PCW_HOME", str(home.root))
    monkeypatch.setenv("PCW_SERVING_URL", url)
    monkeypatch.setattr("publishing.postgres_copy.rights.grant", lambda *_: roll_back(home, first))
    done = CliRunner().invoke(app, ["postgres"])
    assert isinstance(done.exception, PcwError) and "Readers see another release than" in str(done.exception)
    assert postgres_copy.loaded_release(url) == first.release_id
    # Whoever names a release has it.
    done = CliRunner().invoke(app, ["postgres", "--release", second.release_id])
    assert done.exit_code == 0, done.output
    assert postgres_copy.loaded_release(url) == second.release_id


def test_rows_on_their_way_lie_in_the_work_folder(
    home: Home, settings: Settings, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A temporary folder may be small, in memory, or of everybody."""
    released(home, 1)
    used: list[Path] = []
    folder = tempfile.TemporaryDirectory

    def noted(*arguments: Any, **options: Any) -> Any:
        made = folder(*arguments, **options)
        used.append(Path(made.name))
        return made

    monkeypatch.setattr("publishing.postgres_copy.tempfile.TemporaryDirectory", noted)
    assert copying.take_postgres_along(home, settings.model_copy(update={"copies": ("postgres",)})) != []
    assert [made.parent for made in used] == [home.work] and list(home.work.iterdir()) == []


def test_no_statement_reads_of_two_releases(home: Home, url: str) -> None:
    """Of many tables, so that the swap comes while their names are looked up."""
    first, second = released(home, 1), released(home, 2)
    for release in (first, second):
        release.path.chmod(0o600)
        with duckdb.connect(str(release.path)) as file:
            for number in range(40):
                file.execute(f"create table of_{number} as select release_id from release")
    postgres_copy.load(first, url)
    every = " union all ".join(f"select release_id from pcw.of_{number}" for number in range(40))
    found: list[list[tuple[str]]] = []
    stop = threading.Event()

    def read() -> None:
        with connected(url) as reader:
            while not stop.is_set():
                found.append(ask(reader, f"select distinct release_id from ({every}) as every"))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for release in (second, first) * 5:
            postgres_copy.load(release, url)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert [answer for answer in found if len(answer) != 1] == []
    assert {answer[0][0] for answer in found} == {first.release_id, second.release_id}


def test_the_swap_waits_for_a_statement_and_not_for_long(home: Home, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(first, url)
    monkeypatch.setattr(postgres_copy, "GIVE_WAY", "50ms")
    with connected(url) as reader:
        ask(reader, "begin; select count(*) from pcw.indicator")  # and its transaction stays open
        postgres_copy.load(second, url)
        assert ask(reader, "select count(*) from pcw_previous.indicator")
    assert postgres_copy.loaded_release(url) == second.release_id
    locked: list[bool] = []
    revoke = postgres_copy.rights.revoke

    def look(cursor: Any, schema: str) -> None:
        with connected(url) as other:
            ask(other, "set lock_timeout = '50ms'")
            try:
                ask(other, "select count(*) from pcw.indicator")
                locked.append(False)
            except psycopg2.errors.LockNotAvailable:
                locked.append(True)
        revoke(cursor, schema)

    monkeypatch.setattr("publishing.postgres_copy.rights.revoke", look)
    postgres_copy.load(first, url)
    assert locked == [True]


def test_no_reader_is_the_victim_of_a_swap_that_waited_for_another_before(home: Home, url: str) -> None:
    """One reader holds the loader up at a middle table; another, which has the last, wants the first meanwhile.

    PostgreSQL looks for deadlocks after a second of waiting: by then the loader must have let go of all its tables.
    """
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(first, url)
    with connected(url) as owner:
        tables = [name for (name,) in ask(owner, "select tablename from pg_tables where schemaname = 'pcw' order by 1")]
    start, middle, end = tables[0], tables[1], tables[-1]
    with connected(url) as holding, connected(url) as wanting, connected(url) as watching:
        ask(holding, f"begin; select count(*) from pcw.{middle}")
        ask(wanting, f"begin; select count(*) from pcw.{end}")
        loader = threading.Thread(target=postgres_copy.load, args=(second, url))
        loader.start()
        while not ask(watching, "select 1 from pg_locks where not granted"):  # it has the first, and waits
            time.sleep(0.01)
        let_go = threading.Timer(0.7, lambda: ask(holding, "commit"))
        let_go.start()
        assert ask(wanting, f"select count(*) >= 0 from pcw.{start}") == [(True,)]  # a deadlock would be an error
        ask(wanting, "commit")
        let_go.join()
        loader.join()
    assert postgres_copy.loaded_release(url) == second.release_id


def may_read(url: str, who: str, table: str) -> bool:
    with connected(as_reader(url, who)) as reader:
        try:
            ask(reader, f"select count(*) from {table}")
        except psycopg2.errors.InsufficientPrivilege:
            return False
    return True


def test_rights_that_a_person_granted_outlast_a_swap_and_go_from_the_copy_before(home: Home, url: str) -> None:
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(first, url)
    with connected(url) as owner:
        ask(owner, "grant usage on schema pcw to bi with grant option; grant select on all tables in schema pcw to bi")
        ask(owner, 'grant usage on schema pcw to "one-table"; grant select on pcw.indicator to "one-table"')
    for release in (second, first):
        postgres_copy.load(release, url)
        readable = {
            (who, table): may_read(url, who, table)
            for who in LOGINS
            for table in ("pcw.indicator", "pcw.release", "pcw_previous.indicator")
        }
        assert {found for found, may in readable.items() if may} == {
            *((who, table) for who in ("ann", "bi") for table in ("pcw.indicator", "pcw.release")),
            ("one-table", "pcw.indicator"),
        }
    with connected(url) as owner:
        ask(owner, "grant usage on schema pcw to public; grant select on pcw.release to public")
    postgres_copy.load(second, url)
    assert may_read(url, "everybody", "pcw.release") and not may_read(url, "everybody", "pcw.indicator")
    assert not any(may_read(url, who, "pcw_previous.release") for who in LOGINS)


def test_a_table_that_is_new_is_read_by_who_read_all_of_them_alone(home: Home, url: str) -> None:
    first, second = released(home, 1), released(home, 2)
    postgres_copy.load(first, url)
    with connected(url) as owner:
        ask(
            owner,
            "grant usage on schema pcw to bi, everybody; grant select on all tables in schema pcw to bi, everybody",
        )
        ask(owner, "revoke select on pcw.indicator from everybody")
    second.path.chmod(0o600)
    with duckdb.connect(str(second.path)) as file:
        file.execute("create table brand_new as select 1 as one")
    postgres_copy.load(second, url)
    assert may_read(url, "bi", "pcw.brand_new") and not may_read(url, "everybody", "pcw.brand_new")
