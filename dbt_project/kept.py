"""What is kept beside a build of how it was made: the verdicts of gates 3 and 4, and which dbt sets are whole.

`prepare_feeds` empties both, so that they never vouch for other rows.
"""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import duckdb

from dbt_project.ledger_tables import insert
from dbt_project.warehouse import damage_of
from pcw.errors import PcwError


def create_kept(connection: duckdb.DuckDBPyConnection, *, anew: bool) -> None:
    """Both tables: `anew` as they are before anything is built, else where a new database has none."""
    create = "create or replace table" if anew else "create table if not exists"
    connection.execute(f"{create} build.verdict (stage varchar, verdict varchar)")
    connection.execute(f"{create} build.built_set (name varchar)")


def forget_set(warehouse: Path, name: str) -> None:
    """A set is about to be built anew: until all of it is, it is not whole."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from build.built_set where name = ?", [name])


def keep_set(warehouse: Path, name: str) -> None:
    """All models of a set were built, and their tests passed, from the feeds that are prepared now."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("insert into build.built_set values (?)", [name])


def assert_built(warehouse: Path, names: Collection[str]) -> None:
    """Refuse to go on with models that were not all built from these feeds: a gate would judge those of before.

    Raises:
        PcwError: names the sets; the whole job must run.
    """
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        built = {name for (name,) in connection.execute("select name from build.built_set").fetchall()}
    if missing := [name for name in names if name not in built]:
        raise PcwError(
            f"The models of {' and '.join(missing)} were not all built from these feeds, so nothing is judged or "
            "released. Run the whole job release, without a selection."
        )


def kept_verdicts(warehouse: Path) -> list[dict[str, Any]]:
    """Verdicts of gates 3 and 4 on what is in the build database now; none when there is none that can be read."""
    if not warehouse.exists() or damage_of(warehouse, deep=False) is not None:
        return []
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [
            json.loads(verdict) for (verdict,) in connection.execute("select verdict from build.verdict").fetchall()
        ]


def forget_verdicts(warehouse: Path, stages: Sequence[str]) -> None:
    """Forget verdicts on what is about to be built anew."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from build.verdict where list_contains(?, stage)", [list(stages)])


def keep_verdicts(warehouse: Path, stage: str, verdicts: Sequence[dict[str, Any]]) -> None:
    """Keep the verdicts of a gate beside what they judged.

    `prepare_feeds` forgets them, so they never vouch for other rows.
    """
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from build.verdict where stage = ?", [stage])
        insert(connection, "build.verdict", [(stage, json.dumps(verdict)) for verdict in verdicts])
