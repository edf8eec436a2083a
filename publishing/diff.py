"""What changed between two releases, key by key, and which submissions can have caused it.

Belongs here: the comparison (for the table `release_change` and for `pcw diff A B`). Values are compared with `is
distinct from`: a value that becomes null, or a row that goes, is a change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from publishing.causes import DEFINITION, NO_FILE, NOT_KNOWN, causes_sql, collect_moved, forget_moved
from publishing.tables import MARTS, Column, Mart, attach, columns_of, create_table, filled, literal, quote

COMPARED = tuple(mart for mart in MARTS if mart.key)
RELEASE_CHANGE = [
    Column("table_name", "VARCHAR", True, "Published table."),
    Column("change", "VARCHAR", True, "added or removed (a row), changed (a value), column added or column removed."),
    Column("key", "VARCHAR", True, "Key of the row: column=value, separated by commas."),
    Column("month", "DATE", True, "Month the row is about (first day); null if it is not about one."),
    Column("column_name", "VARCHAR", True, "Column that changed; null for a row added or removed."),
    Column("before", "VARCHAR", True, "Value in the previous release."),
    Column("after", "VARCHAR", True, "Value in this release."),
    Column(
        "cause",
        "VARCHAR",
        True,
        "dataset submission_id of each file that came or went between the releases and feeds the row (where it is of "
        "no month: its table), separated by commas: what can have caused it. Where none did it begins with 'no file: ' "
        "and says what else changed; null where one of the two releases does not tell its files.",
    ),
]
MONTH_SQL = {
    "period_end": "date_trunc('month', period_end)",
    "month": "month",
    "register_month": "register_month",
    # period 13 belongs to March
    "ledger_period": "make_date(left(financial_year, 4)::int, 4, 1) + to_months(least(ledger_period::int, 12) - 1)",
}
# A check of a report is known without the number of its version.
MATCHED_SQL = {
    "check_id": r"regexp_replace(check_id, '^(ledger(?:\|[^|]*){3}|cres_plan(?:\|[^|]*){2})\|\d+\|', '\1|')",
}
# Changes of one kind; what its rows are about is the first part of their key that names a thing.
GROUPS_SQL = r"""
    with named as (
        select
            *, regexp_extract(key, '(?:^|, )[a-z_]+_id=([^,]*)', 1) as subject,
            coalesce(column_name in ('state', 'position', 'band') or column_name like 'rag%', false) as is_state
        from release_change
    )
    select
        table_name, coalesce(subject, ''), change, column_name, is_state, if(is_state, before, null) as old_state,
        if(is_state, after, null) as new_state, count(*), [strftime(min(month), '%Y-%m'), strftime(max(month), '%Y-%m')]
    from named
    group by table_name, subject, change, column_name, is_state, old_state, new_state
    order by all
"""


@dataclass(frozen=True)
class TableDiff:
    """How one table changed: rows added, removed and changed, and the months they are about (YYYY-MM)."""

    table: str
    added: int
    removed: int
    changed: int
    months: tuple[str, ...]

    def __str__(self) -> str:
        counts = [
            f"{n} {word}"
            for n, word in ((self.changed, "changed"), (self.added, "added"), (self.removed, "removed"))
            if n
        ]
        return f"{self.table}: {', '.join(counts) or 'other columns'}{span_of(self.months)}"


def span_of(months: Sequence[str]) -> str:
    """The months of a change as they stand behind its count; empty where it is about none."""
    if not months:
        return ""
    return f", month {months[0]}" if months[0] == months[-1] else f", months {months[0]}..{months[-1]}"


@dataclass(frozen=True)
class Change:
    """One row of `release_change`."""

    table: str
    change: str
    key: str
    month: str | None
    column: str | None
    before: str | None
    after: str | None
    cause: str | None


@dataclass(frozen=True)
class Group:
    """Changes of one kind: of a table, an indicator (or component, scheme), a column, and of a state the same step.

    `before` and `after` are those of the step, and null where a column is no state.
    """

    table: str
    subject: str
    change: str
    column: str | None
    is_state: bool
    before: str | None
    after: str | None
    count: int
    months: tuple[str, ...]


@dataclass(frozen=True)
class Diff:
    """What changed between two releases: a line per table, all changes in groups, and the first of them in full."""

    tables: tuple[TableDiff, ...]
    groups: tuple[Group, ...]
    changes: tuple[Change, ...]
    total: int

    def summary(self) -> str:
        """One line per changed table, or that nothing changed."""
        return "\n".join(str(table) for table in self.tables) or "No figure and no definition changed."


def diff_files(before: Path, after: Path, *, limit: int | None = 1000) -> Diff:
    """Compare two release files of the same audience; `limit` bounds the changes listed, not those counted.

    None lists all of them.
    """
    with duckdb.connect(":memory:") as connection:
        attach(connection, before, "before")
        attach(connection, after, "after")
        write_changes(connection, "before", "after", "memory")
        tables = connection.execute(
            """
            select
                table_name,
                count(*) filter (where change = 'added'),
                count(*) filter (where change = 'removed'),
                count(distinct key) filter (where change = 'changed'),
                coalesce(list_sort(list(distinct strftime(month, '%Y-%m')) filter (where month is not null)), [])
            from release_change group by table_name order by table_name
            """
        ).fetchall()
        groups = connection.execute(GROUPS_SQL).fetchall()
        [(total,)] = connection.execute("select count(*) from release_change").fetchall()
        listed = connection.execute(
            """
            select table_name, change, key, strftime(month, '%Y-%m'), column_name, before, after, cause
            from release_change
            order by table_name, month, key, column_name limit ?
            """,
            [limit],
        ).fetchall()
    return Diff(
        tuple(
            TableDiff(name, added, removed, changed, tuple(months)) for name, added, removed, changed, months in tables
        ),
        tuple(
            Group(table, subject, change, column, is_state, old, new, count, tuple(filter(None, months)))
            for table, subject, change, column, is_state, old, new, count, months in groups
        ),
        tuple(Change(*row) for row in listed),
        total,
    )


def create_changes(connection: duckdb.DuckDBPyConnection, target: str) -> None:
    """Table `release_change`, empty: what a first release has."""
    comment = "One row per value, row or column that differs from the previous release."
    create_table(connection, target, "release_change", comment, RELEASE_CHANGE)


def write_changes(
    connection: duckdb.DuckDBPyConnection, before: str, after: str, target: str, marts: Iterable[Mart] = COMPARED
) -> None:
    """Create and fill `release_change` in an attached database from two attached releases.

    Releases that do not tell their submissions tell no causes.
    """
    create_changes(connection, target)
    old, new = _names_of(connection, before), _names_of(connection, after)
    has_causes = "submission" in old and "submission" in new
    if has_causes:
        collect_moved(connection, before, after)
    marts = list(marts)
    rows: set[str] = set()
    for catalog, known in ((before, old), (after, new)):
        rows |= filled(connection, catalog, [mart.name for mart in marts if mart.name in known])
    for mart in marts:
        names = old.get(mart.name, []), new.get(mart.name, [])
        _columns_changed(connection, mart, target, *names)
        if mart.name in rows:
            _compare(connection, mart, before, after, target, *names, has_causes=has_causes)
    connection.execute("drop table if exists temp.cause")
    connection.execute("drop table if exists temp.differing")
    forget_moved(connection)


def _names_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, list[str]]:
    """Columns of each table that are compared."""
    return {
        table: [column.name for column in columns if column.name != "release_id"]
        for table, columns in columns_of(connection, catalog).items()
    }


def _columns_changed(
    connection: duckdb.DuckDBPyConnection, mart: Mart, target: str, old_names: list[str], new_names: list[str]
) -> None:
    insert = f"insert into {quote(target)}.main.release_change values (?, ?, null, null, ?, null, null, ?)"
    for names, others, change in ((new_names, old_names, "column added"), (old_names, new_names, "column removed")):
        for name in (name for name in names if name not in others):
            connection.execute(insert, [mart.name, change, name, DEFINITION])


def _compare(
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    before: str,
    after: str,
    target: str,
    old_names: list[str],
    new_names: list[str],
    *,
    has_causes: bool,
) -> None:
    insert = f"insert into {quote(target)}.main.release_change"
    if not set(mart.key) <= set(old_names) & set(new_names):
        return  # another key: every row is another row, and the column changes above say so
    shared = [name for name in new_names if name in old_names]
    counting = mart.counting if mart.counting in shared else None
    keys = [name for name in mart.key if name not in mart.of_version]
    if (
        not mart.of_version
        or counting
        or all(_is_key(connection, catalog, mart.name, keys) for catalog in (before, after))
    ):
        shared = [name for name in shared if name not in mart.of_version]
    else:
        keys = list(mart.key)
    connection.execute(
        f"create or replace temp table differing as {_differing_sql(mart, keys, shared, counting, before, after)}"
    )
    if connection.execute("select 1 from temp.differing limit 1").fetchone() is None:
        return
    connection.execute(f"create or replace temp table cause as {causes_sql(mart, after) if has_causes else NOT_KNOWN}")
    cause = f"coalesce(cause, {literal(NO_FILE)})" if has_causes else "cause"
    same = "differing.month is not distinct from cause.month and differing.indicator_id = cause.indicator_id"
    connection.execute(
        f"""
        {insert}
        select
            {literal(mart.name)}, if(old_row is null, 'added', 'removed'), key, differing.month, null, null, null,
            {cause}
        from differing left join cause on {same}
        where old_row is null or new_row is null
        """
    )
    for name in (name for name in shared if name not in keys):
        old, new = f"old_row.{quote(name)}", f"new_row.{quote(name)}"
        connection.execute(
            f"""
            {insert}
            select
                {literal(mart.name)}, 'changed', key, differing.month, {literal(name)},
                cast({old} as varchar), cast({new} as varchar), {cause}
            from differing left join cause on {same}
            where old_row is not null and new_row is not null and {old} is distinct from {new}
            """
        )


def key_sql(keys: Sequence[str], row: str = "") -> str:
    """The key of a row as `release_change` writes it; `row` is the name of its table in a query."""
    named = (f"{literal(name + '=')}, cast({row and quote(row) + '.'}{quote(name)} as varchar)" for name in keys)
    return f"""concat({", ', ', ".join(named)})"""


def _is_key(connection: duckdb.DuckDBPyConnection, catalog: str, table: str, keys: Sequence[str]) -> bool:
    """Whether no two rows agree in all these columns: an audience may be given one version alone."""
    named = ", ".join(map(quote, keys))
    doubled = f"select {named} from {quote(catalog)}.main.{quote(table)} group by all having count(*) > 1 limit 1"
    return connection.execute(doubled).fetchall() == []


def _differing_sql(
    mart: Mart, keys: Sequence[str], shared: Sequence[str], counting: str | None, before: str, after: str
) -> str:
    """Rows that differ, as two structs; a missing side is a null struct.

    Of a table with versions the ones that count are compared: which number a version has is no figure.
    """
    read = {name: MATCHED_SQL[name] if counting and name in MATCHED_SQL else quote(name) for name in shared}
    packed = ", ".join(f"{quote(name)} := {sql}" for name, sql in read.items())
    named = ", ".join(f"{read[name]} as {quote(name)}" for name in keys)
    where = f" where {quote(counting)}" if counting else ""
    sides = {
        side: f"(select {named}, struct_pack({packed}) as row_ from {quote(catalog)}.main.{quote(mart.name)}{where})"
        for side, catalog in (("old_side", before), ("new_side", after))
    }
    joined = " and ".join(f"old_side.{quote(name)} is not distinct from new_side.{quote(name)}" for name in keys)
    merged = ", ".join(
        f"if(new_side.row_ is null, old_side.{quote(name)}, new_side.{quote(name)}) as {quote(name)}" for name in keys
    )
    month = next((sql for name, sql in MONTH_SQL.items() if name in keys), "null")
    indicator_id = "indicator_id" if "indicator_id" in keys else "''"  # not null: causes are joined on it
    return f"""
        select
            {key_sql(keys)} as key, cast({month} as date) as month, {indicator_id} as indicator_id, old_row, new_row
        from (
            select {merged}, old_side.row_ as old_row, new_side.row_ as new_row
            from {sides["old_side"]} as old_side full join {sides["new_side"]} as new_side on {joined}
            where old_side.row_ is distinct from new_side.row_
        )
    """
