"""The shim for Great Expectations on duckdb-engine: fails when it stops working, and when it is no longer needed.

If a test here fails after an upgrade, read docs/decisions/0003-great-expectations-on-duckdb.md before changing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from expectations.gx_engine import Rule, gx_context, open_relation
from expectations.gx_shims import one_configuration_shim, one_connection_shim, one_id_shim

RULES = [
    Rule("not_null", "ExpectColumnValuesToNotBeNull", {"column": "code"}, None),
    Rule("in_set", "ExpectColumnValuesToBeInSet", {"column": "code", "value_set": ["a", "b"]}, None),
    Rule("between", "ExpectColumnValuesToBeBetween", {"column": "items", "min_value": 0, "max_value": 9}, None),
    Rule("null", "ExpectColumnValuesToBeNull", {"column": "nothing"}, None),
    Rule("sql", None, {}, "select * from {batch} where items < 0"),
]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A file whose relation is a view over Parquet, as landing makes it."""
    parquet, path = tmp_path / "rows.parquet", tmp_path / "batch.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "copy (select chr((97 + i % 2)::int) as code, i as items, null::varchar as nothing from range(10) r(i))"
            f" to '{parquet}'"
        )
        connection.execute(f"create view staged as select * from '{parquet}'")
    return path


@pytest.fixture
def without_shim() -> Iterator[None]:
    """GX as it is delivered."""
    gx_context()
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    shimmed = SqlAlchemyExecutionEngine.get_connection
    SqlAlchemyExecutionEngine.get_connection = shimmed.original
    yield
    SqlAlchemyExecutionEngine.get_connection = shimmed


def _asked(database: Path) -> dict[str, Any]:
    with open_relation(database, "staged") as relation:
        return {check: (outcome.passed, outcome.error) for check, outcome in relation.validate(RULES).items()}


def test_with_the_shim_every_kind_of_expectation_answers(database: Path) -> None:
    assert _asked(database) == {rule.check: (True, None) for rule in RULES}


def test_without_the_shim_great_expectations_still_fails(database: Path, without_shim: None) -> None:
    answers = _asked(database)
    failed = {check for check, (passed, _) in answers.items() if not passed}
    assert failed, "GX now answers on duckdb-engine by itself: remove the shim and this test"


def test_without_the_shim_nothing_passes_by_accident(database: Path, without_shim: None) -> None:
    with duckdb.connect(str(database)) as connection:
        connection.execute("create or replace view staged as select null::varchar as code, -1 as items, 'x' as nothing")
    assert not any(passed for passed, _ in _asked(database).values())


def test_shim_is_applied_once_and_leaves_other_dialects_alone() -> None:
    class Engine:
        dialect_name = "sqlite"

        def get_connection(self) -> Any:
            from contextlib import nullcontext

            return nullcontext("its own")

    one_connection_shim(Engine)
    once = Engine.get_connection
    one_connection_shim(Engine)
    assert Engine.get_connection is once
    with Engine().get_connection() as connection:
        assert connection == "its own"


def test_a_failed_statement_does_not_stop_the_next(database: Path) -> None:
    broken = Rule("broken", None, {}, "select * from {batch} where code::int > 0")
    with open_relation(database, "staged") as relation:
        outcomes = relation.validate([broken, *RULES])
    assert outcomes.pop("broken").error is not None
    assert all(outcome.passed for outcome in outcomes.values())


COUNTS = [
    Rule("aggregate_row", None, {}, "select count(*) as rows from {batch} having count(*) < 100"),
    Rule("grouped", None, {}, "select code, min(items) as items from {batch} group by code order by code"),
    Rule("windowed", None, {}, "select *, count(*) over () as n from {batch} where items > 3"),
    Rule("colons", None, {}, "select * from {batch} where items::varchar = '1' or code like '%:b'"),
    Rule("joined", None, {}, "select l.code from {batch} as l join {batch} as r on l.code = r.code"),
]


@pytest.mark.parametrize("kept", ["true", "false"])
def test_counts_asked_together_are_those_asked_alone(database: Path, kept: str) -> None:
    with duckdb.connect(str(database)) as connection:
        [(was,)] = connection.execute("select sql from duckdb_views() where view_name = 'staged'").fetchall()
        connection.execute(was.rstrip(";").replace("CREATE VIEW", "create or replace view") + f" where {kept}")
        expected = {
            rule.check: connection.execute(
                f"select count(*) from ({(rule.sql or '').replace('{batch}', 'staged')})"
            ).fetchall()[0][0]
            for rule in COUNTS
        }
    assert set(expected.values()) != {0}
    with open_relation(database, "staged") as relation:
        together = relation.validate([*RULES, *COUNTS])
        alone = {rule.check: relation.validate([rule])[rule.check] for rule in COUNTS}
    assert {check: outcome.unexpected_count for check, outcome in alone.items()} == expected
    assert {check: together[check] for check in alone} == alone


def test_all_counts_come_in_one_statement(database: Path) -> None:
    """When this fails after an upgrade, each check asks for itself again, which is right and slow."""
    statements: list[str] = []
    with open_relation(database, "staged") as relation:
        real = relation._engine.execute_query
        relation._engine.execute_query = lambda query: (statements.append(str(query)), real(query))[1]
        assert all(outcome.passed for outcome in relation.validate([RULES[4], *RULES]).values())
    assert sum("items < 0" in statement for statement in statements) == 1
    assert len(statements) <= 3


def test_a_connection_that_is_given_stays_open(database: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("create view staged as select 'a' as code, 1 as items, null::varchar as nothing")
        with open_relation(connection, "staged") as relation:
            assert all(outcome.passed for outcome in relation.validate(RULES).values())
        assert connection.execute("select count(*) from staged").fetchall() == [(1,)]


def test_regex_expectation_is_still_unsupported(database: Path) -> None:
    """Patterns therefore go through SQL; when this fails, they may become expectations."""
    rule = Rule("regex", "ExpectColumnValuesToMatchRegex", {"column": "code", "regex": "[ab]"}, None)
    with open_relation(database, "staged") as relation:
        outcome = relation.validate([rule])["regex"]
    assert outcome.error is not None and "regex" in outcome.error.lower()


def test_context_writes_nothing_and_reports_nothing(monkeypatch: pytest.MonkeyPatch, database: Path) -> None:
    import socket

    calls: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: calls.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *address: calls.append(address) or [])
    before = set(database.parent.iterdir())
    _asked(database)
    assert calls == [] and set(database.parent.iterdir()) == before


def test_the_configuration_of_an_expectation_is_built_once_for_all_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is the same as before; a change made between two questions is seen."""
    gx_context()
    from great_expectations.expectations import ExpectColumnValuesToBeBetween as Between
    from great_expectations.expectations.expectation import Expectation

    built: list[Any] = []

    class Counting(Expectation):  # type: ignore[misc]
        def _get_runtime_kwargs(self, runtime_configuration: Any = None) -> Any:
            return Expectation._get_runtime_kwargs.original(self, runtime_configuration)

        @property
        def configuration(self) -> Any:
            built.append(self)
            return Expectation.configuration.fget(self)

    class Asked(Between, Counting):  # type: ignore[misc]
        pass

    asked = Asked(column="items", min_value=0, max_value=9)
    as_delivered = asked._get_runtime_kwargs()
    assert len(built) > 5, "Great Expectations no longer does it: the shim can go"
    one_configuration_shim(Counting)
    built.clear()
    assert asked._get_runtime_kwargs() == as_delivered
    assert len(built) == 1
    asked.max_value = 10
    assert asked._get_runtime_kwargs()["max_value"] == 10


def test_the_id_of_the_arguments_of_a_metric_is_worked_out_once_and_is_the_same_as_before() -> None:
    gx_context()
    from great_expectations.core.id_dict import IDDict

    delivered, written = IDDict.to_id.original, []

    class Asked(IDDict):  # type: ignore[misc]
        def to_id(self, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
            written.append(self)
            return delivered(self, id_keys, id_ignore_keys)

    one_id_shim(Asked)
    plain = {"column": "items", "strict": True, "least": 1, "none": None}
    different = [plain, {**plain, "least": True}, {**plain, "least": 1.0}, {**plain, "parts": [1, 2]}, {"column": "a"}]
    different += [{}, {"least": 1}, {"column": "1", "least": 0}, {"least": "0", "column": "1"}]
    for arguments in different:
        assert Asked(arguments).to_id() == delivered(IDDict(arguments)) == Asked(arguments).to_id()
    assert len(written) == len(different) + 2, "what holds a fraction or a list is written each time"
    assert Asked(plain).to_id(id_keys=["column", "least"]) == delivered(IDDict(plain), id_keys=["column", "least"])
