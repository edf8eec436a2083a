"""The content hash against a second implementation in plain Python, and what may and may not move it."""

import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pcw.errors import PcwError
from publishing.content_hash import HASHED, content_hash, content_hash_of
from tests.unit.publishing_build import build_database

Row = tuple[str | None, int | None, Decimal | None, float | None, date | None, bool | None, list[str] | None]
COLUMNS = {
    "name": "varchar",
    "count": "bigint",
    "money": "decimal(28,5)",
    "rate": "double",
    "month": "date",
    "done": "boolean",
    "list": "varchar[]",
}
CONNECTION = duckdb.connect(":memory:")  # one for hundreds of examples
ROWS = st.lists(
    st.tuples(
        st.none() | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6),
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | st.integers(-(10**20), 10**20).map(lambda units: Decimal(units).scaleb(-5)),
        st.none() | st.integers(-(10**9), 10**9).map(lambda thousandths: thousandths / 1000),
        st.none() | st.dates(date(1900, 1, 1)),
        st.none() | st.booleans(),
        st.none() | st.lists(st.text("ab,[]", max_size=3), max_size=3),
    ),
    max_size=6,
)


def plain_text(value: Any) -> str:
    """A value as the module docstring says it becomes text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:.5f}"
    if isinstance(value, list):
        return json.dumps(value, separators=(",", ":"))
    if isinstance(value, float):
        return repr(value + 0.0)
    return value.isoformat() if isinstance(value, date) else str(value)


def plain_hash(tables: dict[str, tuple[list[str], list[tuple[Any, ...]]]]) -> str:
    """The content hash, row by row."""
    text = ""
    for table in HASHED:
        names, rows = tables[table]
        order = sorted(range(len(names)), key=lambda index: names[index])
        lower = upper = 0
        for row in rows:
            values = [row[index] for index in order]
            encoded = "".join(
                "n;" if value is None else f"v{len(plain_text(value).encode())}:{plain_text(value)}" for value in values
            )
            digest = hashlib.md5(encoded.encode()).digest()
            upper += int.from_bytes(digest[:8], "little")
            lower += int.from_bytes(digest[8:], "little")
        text += f"{table}|{json.dumps([names[index] for index in order])}|{len(rows)}|{lower}|{upper}\n"
    return hashlib.sha256(text.encode()).hexdigest()


def duckdb_hash(rows: list[Row], columns: dict[str, str] = COLUMNS) -> str:
    """The content hash of a database whose table `component` holds the rows; the others hold nothing."""
    for table in HASHED:
        body = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
        CONNECTION.execute(f"create or replace table {table} ({body if table == 'component' else 'id varchar'})")
    for row in rows:
        CONNECTION.execute(f"insert into component values ({', '.join('?' for _ in row)})", list(row))
    return content_hash(CONNECTION, "memory")


@given(ROWS)
@settings(max_examples=60, deadline=None)
def test_agrees_with_plain_python(rows: list[Row]) -> None:
    tables: dict[str, Any] = {table: (["id"], []) for table in HASHED}
    tables["component"] = (list(COLUMNS), rows)
    assert duckdb_hash(rows) == plain_hash(tables)


@given(ROWS, st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_order_of_rows_does_not_matter_but_their_number_does(rows: list[Row], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert duckdb_hash(shuffled) == duckdb_hash(rows)
    if rows:
        assert duckdb_hash([*rows, rows[0]]) != duckdb_hash(rows)
        assert duckdb_hash([*rows, rows[0], rows[0]]) != duckdb_hash(rows)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((None, "x"), ("", "x")),
        ((None, "x"), ("n;", "x")),
        (("a", "bc"), ("ab", "c")),
        (("a", None), (None, "a")),
        (("v1:a", ""), ("", "v1:a")),
    ],
)
def test_rows_that_only_look_alike_differ(left: Any, right: Any) -> None:
    columns = {"one": "varchar", "two": "varchar"}
    assert duckdb_hash([left], columns) != duckdb_hash([right], columns)


def test_a_value_in_another_column_is_another_value() -> None:
    assert duckdb_hash([("a", "b")], {"x": "varchar", "y": "varchar"}) == duckdb_hash(  # type: ignore[list-item]
        [("b", "a")],  # type: ignore[list-item]
        {"y": "varchar", "x": "varchar"},
    ), "the order of columns does not count"
    assert duckdb_hash([("a",)], {"x": "varchar"}) != duckdb_hash([("a",)], {"y": "varchar"})  # type: ignore[list-item]


def test_minus_zero_is_zero() -> None:
    assert duckdb_hash([(-0.0,)], {"x": "double"}) == duckdb_hash([(0.0,)], {"x": "double"})  # type: ignore[list-item]


def test_release_submission_and_clock_do_not_count(tmp_path: Path) -> None:
    before = content_hash_of(build_database(tmp_path, submission="aaa", received="2017-07-01"))
    file = build_database(tmp_path, submission="bbb", received="2017-07-09")
    with duckdb.connect(str(file)) as connection:
        connection.execute("update indicator_result set release_id = 'another'")
        connection.execute("delete from data_quality_query")
    assert content_hash_of(file) == before
    assert content_hash_of(build_database(tmp_path, items=11)) != before


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    file = build_database(tmp_path)
    with duckdb.connect(str(file)) as connection:
        connection.execute("drop table practice_month")
    with pytest.raises(PcwError, match="practice_month"):
        content_hash_of(file)
