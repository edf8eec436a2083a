"""The serving copy in a real PostgreSQL: all rows alike, and readers who never notice a copy being made."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from orchestration import copying
from orchestration.cli import app
from pcw.errors import PcwError
from pcw.settings import load_settings
from publishing import postgres_copy, postgres_rights
from publishing.makers import serving_address
from publishing.shelf import Release
from publishing.tables import MARTS, quote
from tests.running import Deployed
from tests.services import PASSWORD, POSTGRES
from tests.serving import PSQL, as_reader, ask, connected

psycopg2 = pytest.importorskip("psycopg2")

pytestmark = pytest.mark.skipif(POSTGRES is None or PSQL is None, reason="PostgreSQL is not installed")


def test_every_row_of_every_table_is_that_of_the_release(loaded: str, release: Release) -> None:
    with connected(loaded) as served, duckdb.connect(str(release.path), read_only=True) as file:
        tables = {name for (name,) in file.execute("select table_name from information_schema.tables").fetchall()}
        assert {mart.name for mart in MARTS} | {"indicator_latest", "submission", "gate_result", "release"} <= tables
        there = ask(served, "select table_name from information_schema.tables where table_schema = 'pcw'")
        assert {name for (name,) in there} == tables
        for table in sorted(tables):
            rows = [tuple(row) for row in file.execute(f"from {quote(table)}").fetchall()]
            served_rows = ask(served, f"select * from pcw.{quote(table)}")
            assert sorted(map(repr, served_rows)) == sorted(map(repr, rows)), table


def test_tables_have_keys_and_every_column_is_described(loaded: str) -> None:
    with connected(loaded) as served:
        keys = ask(
            served, "select tablename from pg_indexes where schemaname = 'pcw' and indexdef like 'CREATE UNIQUE%'"
        )
        assert sorted(name for (name,) in keys) == sorted(mart.name for mart in MARTS if mart.key)
        undescribed = ask(
            served,
            """
            select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = 'pcw'::regnamespace and c.relkind = 'r' and a.attnum > 0
                and col_description(c.oid, a.attnum) is null
            """,
        )
        assert undescribed == []


def test_tables_and_columns_are_described_as_in_the_release(loaded: str, release: Release) -> None:
    with connected(loaded) as served, duckdb.connect(str(release.path), read_only=True) as file:
        told = ask(
            served,
            """
            select c.relname, a.attname, col_description(c.oid, a.attnum), obj_description(c.oid)
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = 'pcw'::regnamespace and c.relkind = 'r' and a.attnum > 0 order by 1, 2
            """,
        )
        said = file.execute(
            """
            select c.table_name, column_name, c.comment, coalesce(t.comment, v.comment)
            from duckdb_columns() as c left join duckdb_tables() as t using (table_oid, database_name)
            left join duckdb_views() as v on v.view_oid = c.table_oid and v.database_name = c.database_name
            where not c.internal order by 1, 2
            """
        ).fetchall()
    assert any("%" in what for _, _, what, _ in said)
    assert told == said
    assert all(row[3] for row in told)


def test_readers_read_and_nobody_else_does(loaded: str) -> None:
    with connected(as_reader(loaded)) as reader:
        assert ask(reader, "select count(*) from pcw.indicator_result")[0][0] > 0
        for refused in ("delete from pcw.risk", "drop table pcw.risk", "create table pcw.mine (x int)"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                ask(reader, refused)
    with connected(as_reader(loaded, "bob")) as other, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        ask(other, "select count(*) from pcw.indicator_result")


def test_values_that_csv_makes_difficult(server: str, release: Release, tmp_path: Path) -> None:
    file = tmp_path / "commissioner.duckdb"
    odd = [
        "",
        "null",
        "NULL",
        r"\N",
        r"\.",
        'say "x"',
        "a,b",
        "two\nlines",
        "\r\n",
        " blanks ",
        "é漢🙂",
        "'",
        "%s",
        None,
    ]
    with duckdb.connect(str(file)) as made:
        made.execute("create table release as select 'r1' as release_id")
        made.execute("create table odd (n integer, text varchar, d decimal(38, 10), x double, h hugeint, b boolean)")
        for number, text in enumerate(odd):
            x = [0.1, 1e-300, 1.7976931348623157e308, -0.0, 1 / 3, None][number % 6]
            exact = "1234567890.0123456789, ?, 170141183460469231731687303715, null"
            made.execute(f"insert into odd values (?, ?, {exact})", [number, text, x])
    postgres_copy.load(replace(release, path=file), server, schema="odd")
    with connected(server) as served, duckdb.connect(str(file), read_only=True) as made:
        assert [tuple(map(repr, row)) for row in ask(served, "select n, text, d, x, b from odd.odd order by n")] == [
            tuple(map(repr, row)) for row in made.execute("select n, text, d, x, b from odd order by n").fetchall()
        ]
        assert ask(served, "select distinct h from odd.odd")[0][0] == 170141183460469231731687303715


def test_a_type_without_a_counterpart_is_told_and_nothing_changes(
    loaded: str, release: Release, tmp_path: Path
) -> None:
    file = tmp_path / "commissioner.duckdb"
    with duckdb.connect(str(file)) as made:
        made.execute("create table a as select 1 as one; create table b as select [1, 2] as list")
    with pytest.raises(PcwError, match=r"Column list of b has the type INTEGER\[\]"):
        postgres_copy.load(replace(release, path=file), loaded)
    assert postgres_copy.loaded_release(loaded) == release.release_id
    with connected(loaded) as served:
        assert ask(served, "select nspname from pg_namespace where nspname like '%building'") == []


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("guessed", "it refuses the role or its password"),
        ("50%off", "the address is none"),
        ("qz9/xv8", "the address is none"),
        ("sec@ret", "the host is not known"),
        ("two words", "it refuses the role or its password"),
        ("", "it wants a password"),
    ],
)
def test_no_piece_of_a_password_is_told(loaded: str, password: str, sentence: str) -> None:
    with pytest.raises(PcwError, match=r"PCW_SERVING_URL.*" + sentence) as told:
        postgres_copy.loaded_release(loaded.replace(PASSWORD, password))
    assert not [piece for piece in re.split(r"[@/% ]", password) if piece and piece in str(told.value)]
    assert told.value.__cause__ is None  # nor by what Dagster prints of causes


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(PcwError, match="nobody listens at that host and port"):
        postgres_copy.loaded_release("postgresql://pcw:guessed@127.0.0.1:9/nowhere")


def test_a_release_that_was_taken_back_meanwhile_is_not_shown(loaded: str, release: Release) -> None:
    with pytest.raises(PcwError, match="Readers see another release than taken-back now"):
        postgres_copy.load(replace(release, release_id="taken-back"), loaded, is_wanted=lambda: False)
    assert postgres_copy.loaded_release(loaded) == release.release_id


def test_nobody_begins_to_read_what_may_have_been_taken_back(loaded: str, release: Release) -> None:
    postgres_copy.load(release, loaded)
    with connected(as_reader(loaded)) as reader:
        assert ask(reader, "select count(*) from pcw.risk")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(reader, "select count(*) from pcw_previous.risk")


def test_a_release_is_loaded_by_hand_and_known_to_be_there(
    loaded: str, release: Release, released: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PCW_HOME", str(released.home.root))
    with pytest.raises(PcwError, match="PCW_SERVING_URL is not set"):
        serving_address(load_settings())
    monkeypatch.setenv("PCW_SERVING_URL", loaded)
    monkeypatch.setenv("PCW_COPIES", "postgres")
    settings = load_settings()
    assert copying.lacking(released.home, settings) == []
    with connected(loaded) as served:
        ask(served, "update pcw.release set release_id = 'another'")
    assert copying.lacking(released.home, settings) == ["postgres"]
    done = CliRunner().invoke(app, ["postgres"])
    assert done.exit_code == 0 and f"see release {release.release_id}" in done.output, done.output
    assert copying.lacking(released.home, settings) == []
    assert copying.take_postgres_along(released.home, settings) == []
    with connected(loaded) as served:
        ask(served, "update pcw.release set release_id = 'another'")
    assert copying.take_postgres_along(released.home, settings) == [
        f"Readers of PostgreSQL see {release.release_id} too."
    ]
    elsewhere = settings.model_copy(update={"serving_url": SecretStr("postgresql://pcw@127.0.0.1:9/nowhere")})
    [warning] = copying.take_postgres_along(released.home, elsewhere)
    assert "do not see" in warning and "nobody listens" in warning and warning.endswith("Then: pcw postgres")


def test_one_copy_at_a_time(loaded: str, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_copy, "WAIT", "200ms")
    with connected(loaded) as other:
        ask(other, "select pg_advisory_lock(%s)", postgres_copy.LOCK)
        with pytest.raises(PcwError, match="Another copy is being loaded"):
            postgres_copy.load(release, loaded)


def test_who_waited_for_another_loader_does_not_load_it_again(
    loaded: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(postgres_copy, "_load", lambda *_: pytest.fail("it is there already"))
        assert postgres_copy.load(release, loaded, again=False).tables == 0
    assert postgres_copy.load(replace(release, release_id="newer"), loaded, again=False).tables > 0
    assert postgres_copy.load(release, loaded, again=True).tables > 0


def test_who_still_reads_the_copy_before_the_last_is_not_thrown_out(
    loaded: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres_copy.load(release, loaded)
    monkeypatch.setattr(postgres_copy, "TRIES", 1)
    with psycopg2.connect(loaded) as reader:
        ask(reader, "select count(*) from pcw_previous.indicator_result")  # in a transaction that stays open
        with pytest.raises(PcwError, match="Somebody still reads pcw_previous"):
            postgres_copy.load(release, loaded)
        assert ask(reader, "select count(*) from pcw_previous.indicator_result")
    reader.close()
    assert postgres_copy.load(release, loaded).release_id == release.release_id


def test_a_loader_that_dies_leaves_what_was_there(
    loaded: str, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_it(cursor: Any, _schema: str) -> None:
        with connected(loaded) as other:
            ask(other, "select pg_terminate_backend(%s)", cursor.connection.get_backend_pid())

    monkeypatch.setattr(postgres_rights, "grant", end_it)
    with pytest.raises(PcwError, match="readers keep what they have"):
        postgres_copy.load(replace(release, release_id="dead"), loaded)
    monkeypatch.undo()
    assert postgres_copy.loaded_release(loaded) == release.release_id
    postgres_copy.load(release, loaded)
