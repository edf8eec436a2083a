"""Each audience gets what a rule names, and nothing else: every rule is proven by trying."""

import os
from pathlib import Path

import duckdb
import pytest

from expectations.verdict import Verdict
from pcw.errors import PcwError
from pcw.home import Home
from publishing import audience_files, shelf
from publishing.audiences import Audience, load_audiences
from publishing.content_hash import HASHED, content_hash_of
from publishing.gates import ReleaseBlocked
from publishing.lineage import FEED_FRESHNESS, GATE_RESULT, RELEASE, SUBMISSION
from publishing.rollback import rollback
from publishing.tables import MARTS, attach
from tests.running import query
from tests.unit.patients_build import build_with_patients
from tests.unit.publishing_build import AUDIENCES, CREATED_AT, build_database, release_of
from tests.unit.test_publishing_bytes import pieces

PUBLIC, PRACTICE = AUDIENCES
NEVER = ("file_name", "examples", "owner", "lead", "finance_lead", "received_at", "submission_id", "cause", "message")


def test_a_table_and_a_column_without_a_rule_are_not_published(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_database(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table indicator add column lead_name varchar default 'A Person'")
        connection.execute("comment on column indicator.lead_name is 'Planted'")
    release = release_of(home, file)
    assert ("lead_name",) in query(release.path, "select column_name from duckdb_columns()")
    for audience in AUDIENCES:
        seen = release.file_of(audience.name)
        tables = {name for (name,) in query(seen, "select table_name from duckdb_tables()")}
        assert tables == set(audience.tables)
        for table, rule in audience.tables.items():
            assert query(seen, f"select column_name from duckdb_columns() where table_name = '{table}'") == [
                (name,) for name in rule.columns
            ]
        assert b"A Person" not in seen.read_bytes()
    assert query(release.file_of("public"), "select distinct practice_code from practice_month") == [("N82001",)]
    assert "component_value" in PRACTICE.tables and "component_value" not in PUBLIC.tables


def test_hidden_counts_are_hidden_from_every_audience_and_in_no_byte(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    release = release_of(home, build_with_patients(tmp_path))
    for audience in AUDIENCES:
        seen = release.file_of(audience.name)
        numerators = "select org_code, numerator from indicator_result where numerator between 1 and 7"
        assert query(seen, f"{numerators} and indicator_id = 'spells-rate'") == []
        copy = tmp_path / f"{audience.name}.duckdb"
        with duckdb.connect(":memory:") as connection:
            attach(connection, seen, "shown")
            attach(connection, copy, "copy", write=True)
            connection.execute("copy from database shown to copy")
        assert pieces(release.private_path) & pieces(seen) <= pieces(copy)


def test_an_audience_may_have_a_stricter_rule(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    file = build_with_patients(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("insert into definitions.suppression_rule values (1, 9, 10, true, 500, 'public')")
    release = release_of(home, file)
    shown = "select numerator::int from indicator_result where indicator_id = 'spells-rate' and org_code = 'N82004'"
    june = f"{shown} and period_end = '2017-06-30'"
    assert query(release.file_of("practice"), june) == query(release.path, june) == [(10,)]
    assert query(release.file_of("public"), june) == [(None,)]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ("create table secret (name varchar)", "tables_as_ruled"),
        ("drop table practice_month", "tables_as_ruled"),
        ("alter table indicator add column lead varchar", "columns_as_ruled"),
        ("comment on column indicator.indicator_id is null", "columns_as_ruled"),
        ("comment on column indicator.indicator_id is ''", "columns_as_ruled"),
        ("insert into practice_month select 'N82002', month, 7 from practice_month limit 1", "rows_as_ruled"),
        ("delete from indicator_result where org_code = 'N82001'", "rows_as_ruled"),
        ("update indicator_result set numerator = 3", "rows_as_ruled"),
        ("insert into release_change (table_name, change) values ('cres_scheme', 'added')", "rows_as_ruled"),
    ],
)
def test_a_file_beyond_its_rules_blocks_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, check: str
) -> None:
    written = audience_files.write_file

    def careless(connection: duckdb.DuckDBPyConnection, audience: Audience, *arguments: object) -> None:
        written(connection, audience, *arguments)  # type: ignore[arg-type]
        file = arguments[1]
        if audience.name == "public":
            with duckdb.connect(str(file)) as other:
                other.execute(change)

    monkeypatch.setattr(audience_files, "write_file", careless)
    home = Home(tmp_path / "home").create()
    with pytest.raises(ReleaseBlocked) as blocked:
        release_of(home, build_database(tmp_path))
    failed: list[Verdict] = list(blocked.value.failed)
    assert (failed[0].suite, failed[0].check) == ("public", check)
    assert not (home.published / "public.duckdb").exists()


def test_what_changed_is_told_of_what_is_seen(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    release_of(home, build_database(tmp_path, items=10))
    release = release_of(home, build_database(tmp_path, items=12), inputs_fingerprint="new")
    tables = "select distinct table_name from release_change order by all"
    assert query(release.file_of("public"), tables) == [("indicator_result",)]
    assert query(release.file_of("practice"), tables) == [("component_value",), ("indicator_result",)]


def test_every_link_goes_back_and_one_of_another_release_is_removed(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    first = release_of(home, build_database(tmp_path, items=10), audiences=[PUBLIC])
    second = release_of(home, build_database(tmp_path, items=12), inputs_fingerprint="new")
    links = {name: home.published / f"{name}.duckdb" for name in ("current", "public", "practice")}
    assert {Path(os.readlink(link)).parent.name for link in links.values()} == {second.release_id}
    assert content_hash_of(links["public"], PUBLIC.tables) == second.audiences["public"]
    rollback(home, None, reason="June is wrong", at=CREATED_AT)
    assert {Path(os.readlink(links[name])).parent.name for name in ("current", "public")} == {first.release_id}
    assert not links["practice"].is_symlink()  # that release has no file for practices
    links["public"].unlink()
    shelf.repair(home)
    assert links["public"].samefile(first.file_of("public"))
    first.file_of("public").unlink()
    with pytest.raises(PcwError, match="not complete"):
        shelf.assert_can_be_current(first)


def test_the_rules_name_no_person_no_file_and_no_gate() -> None:
    named = {audience.name: audience for audience in load_audiences()}
    assert list(named) == ["public", "practice"]
    for audience in named.values():
        columns = {name for rule in audience.tables.values() for name in rule.columns}
        assert not columns & set(NEVER)
        assert not {name for name in audience.tables if name.startswith(("cres", "owner", "drug", "gate", "contract"))}
        assert "component_provider_value" not in audience.tables
    assert set(named["public"].tables) < set(named["practice"].tables)


def test_the_rules_name_what_there_is(tmp_path: Path) -> None:
    known = {"feed_freshness": FEED_FRESHNESS, "gate_result": GATE_RESULT, "submission": SUBMISSION, "release": RELEASE}
    published = {mart.name for mart in MARTS} | {*known, "release_change"}
    for audience in load_audiences():
        assert set(audience.tables) <= published
        for mart in MARTS:
            if mart.name in audience.tables:
                assert set(mart.key) <= set(audience.tables[mart.name].columns), mart.name
    assert set(HASHED) <= published


def test_a_rule_for_what_there_is_not_publishes_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    rules = "public: {why: Anybody., tables: {indicator: {why: Definitions., columns: [indicator_id, colour]}}}"
    with pytest.raises(PcwError, match=r"indicator\.colour"):
        release_of(home, build_database(tmp_path), audiences=load_audiences(rules))
    for wrong, word in (
        ("public: {why: x, tables: {indicator: {why: x, columns: []}}}", "columns"),
        ("public: {why: x, tables: {indicator: {why: x, columns: [a], rowz: a}}}", "rowz"),
        ("practice: {why: x, like: public, tables: {}}", "stand before"),
        ("commissioner: {why: x, tables: {}}", "every table"),
    ):
        with pytest.raises(PcwError, match=word):
            load_audiences(wrong)
