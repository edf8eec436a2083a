"""Rows that become one key when they are read are refused on receipt, however differently their keys are written."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from expectations.suites import load_suites
from sources.contracts import load_contracts
from tests.unit.test_expectations_checks import _maker, _run

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
# What staging does to a column, and the same key written in another way that it reads as one.
WAYS = {
    r"(?:upper|lower)\((?:trim\()?{column}\b": "if({column} = lower({column}), upper({column}), lower({column}))",
    r"trim\({column}\b": "' ' || {column} || ' '",
    r"replace\(trim\({column}\), '-', '/'\)": "replace({column}, '/', '-')",
}


def _normalised() -> list[tuple[str, str, str]]:
    """Contract, key column and another way to write it: one per thing that staging does to a text column of a key."""
    found = []
    for name, contract in sorted(load_contracts().items()):
        types = {column.name: column.type for column in contract.columns}
        sql = "".join(path.read_text(encoding="utf-8") for path in MODELS.rglob(f"stg_*__{name}.sql"))
        found += [
            (name, column, other.format(column=column))
            for column in contract.key
            for said, other in WAYS.items()
            if types.get(column) == "text" and re.search(said.format(column=column), sql)
        ]
    return found


def test_keys_that_staging_normalises_are_found() -> None:
    """An empty list would prove nothing."""
    assert {("rebate_claim", "rebate_term_id"), ("contract_event", "record")} <= {case[:2] for case in _normalised()}


@pytest.mark.parametrize(("dataset", "column", "other"), _normalised())
def test_one_key_written_in_two_ways_is_refused(dataset: str, column: str, other: str) -> None:
    """By a check that nobody can waive: that of the key, or one of the words and codes that a column may hold."""
    suite = load_suites()[dataset, "rows"]
    with duckdb.connect() as database:
        _maker(dataset, "rows")[1](database)
        # Of a register of one commissioner nobody says whose it is: then it is said first.
        database.execute(f"update staged set {column} = '99A' where {column} is null and source_row = 1")
        database.execute(
            f"insert into staged select * replace (source_row + 1000 as source_row, {other} as {column}) "
            f"from staged where source_row = 1"
        )
        failed = {verdict.check: verdict for verdict in _run(suite, database) if not verdict.passed}
    assert not [verdict.message for verdict in failed.values() if "could not be evaluated" in verdict.message]
    refusing = [name for name in failed if suite.check(name).severity == "block" and not suite.check(name).waivable]
    named = {name for name in refusing if name == "key_unique" or re.search(r"_(?:shape|known|register|nobody)$", name)}
    assert named, refusing
