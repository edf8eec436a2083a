"""Columns in which the file that readers open differs from the exact one, and what it says of them. No test is in here.

Rows are matched by their keys: their order tells nothing, nor do rows that are left out.
"""

from pathlib import Path

import duckdb

from publishing.reports.reader import KEYS
from publishing.tables import attach, columns_of, quote

KEY = {
    **KEYS,
    "component_provider_value": (
        *("component_id", "practice_code", "provider_code", "treatment_function_code", "month"),
    ),
    "indicator_latest": KEYS["indicator_result"],
    "release": ("release_id",),
}
# Of the file itself: `disclosure` says what is hidden in it, `release_change` compares with what readers saw before.
OF_FILE = {("release", "disclosure")}
NOT_COMPARED = ("release_change",)


def untold(shown: Path, exact: Path) -> set[tuple[str, str]]:
    """Tables and columns whose values differ, though the comment in the file of readers does not say so."""
    with duckdb.connect(":memory:") as connection:
        attach(connection, shown, "shown")
        attach(connection, exact, "exact")
        found = _differing(connection)
        comments = {
            name: {
                (table, column.name): column.comment or ""
                for table, columns in columns_of(connection, name).items()
                for column in columns
            }
            for name in ("shown", "exact")
        }
    said = {place: comments["shown"][place].removeprefix(comments["exact"][place]) for place in found}
    return {place for place, words in said.items() if not words.strip().startswith("In this file: ")}


def _differing(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """Columns of the file of readers that have another value than the exact file, in rows that both have."""
    found = set()
    for table, columns in columns_of(connection, "shown").items():
        shown, exact = (f"{name}.main.{quote(table)}" for name in ("shown", "exact"))
        listed = ", ".join(quote(column.name) for column in columns)
        other_rows = f"select {listed} from {exact} except select {listed} from {shown} limit 1"
        if table in NOT_COMPARED or not connection.execute(other_rows).fetchall():
            continue
        key = KEY[table]
        for file in (shown, exact):
            doubled = connection.execute(f"select 1 from {file} group by {', '.join(key)} having count(*) > 1 limit 1")
            assert not doubled.fetchall(), f"{table}: {', '.join(key)} is no key"
        names = [column.name for column in columns if column.name not in key]
        changed = (f"count(*) filter (shown.{quote(name)} is distinct from exact.{quote(name)})" for name in names)
        same = " and ".join(f"shown.{quote(name)} is not distinct from exact.{quote(name)}" for name in key)
        [counts] = connection.execute(
            f"select {', '.join(changed)} from {exact} as exact join {shown} as shown on {same}"
        ).fetchall()
        found |= {(table, name) for name, count in zip(names, counts, strict=True) if count}
    return found - OF_FILE
