"""The file of one audience: made from its rules, and audited against them.

Belongs here: what is copied, and the checks of gate 5 on the copy. What the rules are is in `publishing.audiences`;
which counts are hidden is done before, in the release that is copied.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.verdict import Verdict
from pcw.commissioners import read_commissioners
from pcw.errors import PcwError
from publishing import diff
from publishing.audiences import Audience
from publishing.gates import RELEASE_STAGE, RequiredCheck
from publishing.tables import (
    MARTS,
    attach,
    columns_of,
    comments_of,
    copy_view,
    create_table,
    literal,
    quote,
)

# Each check of gate 5 on the file of an audience, and why it is asked.
CHECKS = {
    "tables_as_ruled": "A table that no rule names was never agreed to be shown to this audience.",
    "columns_as_ruled": "A column that no rule names was never agreed to be shown to this audience.",
    "rows_as_ruled": "Rows of others, or lost ones, are seen by nobody who reads the rules.",
}
OWNER = "data-engineering"
FIX = "Correct publishing/audiences.yaml or the copy."
CHANGES = "release_change"


def write_file(
    connection: duckdb.DuckDBPyConnection, audience: Audience, source: str, file: Path, previous: Path | None
) -> None:
    """Write what the rules of an audience let through of an attached release; `previous` is its file before this one.

    Raises:
        PcwError: a rule names a table or column that a release does not have.
    """
    attach(connection, file, "audience", write=True)
    released, comments = columns_of(connection, source), comments_of(connection, source)
    for table, rule in audience.tables.items():
        known = {column.name: column for column in released.get(table, ())}
        unknown = [name for name in rule.columns if name not in known]
        if unknown:
            raise PcwError(
                f"The rules of the audience {audience.name} name {table}.{', '.join(unknown)}, which a release does "
                "not have, so nothing was published. Correct publishing/audiences.yaml."
            )
        columns = [known[name] for name in rule.columns]
        create_table(connection, "audience", table, comments.get(table), columns)
        if table != CHANGES:
            connection.execute(
                f"insert into audience.main.{quote(table)} {ruled_rows(connection, audience, table, source)}"
            )
    for view in audience.views:
        copy_view(connection, view, source, "audience")
    if previous is not None and CHANGES in audience.tables:
        attach(connection, previous, "seen_before")
        marts = [mart for mart in diff.COMPARED if mart.name in audience.tables]
        diff.write_changes(connection, "seen_before", "audience", "memory", marts)
        shown = ", ".join(map(quote, audience.tables[CHANGES].columns))
        connection.execute(f"insert into audience.main.{CHANGES} by name select {shown} from memory.main.{CHANGES}")
        connection.execute(f"drop table memory.main.{CHANGES}")
        connection.execute("detach seen_before")
    connection.execute("checkpoint audience")
    connection.execute("detach audience")


def ruled_rows(connection: duckdb.DuckDBPyConnection, audience: Audience, table: str, source: str) -> str:
    """SQL of what an audience gets of a table of an attached release, in the order of storage."""
    rule = audience.tables[table]
    [(own,)] = connection.execute(f"select commissioner from {quote(source)}.main.release").fetchall()
    own_codes = ", ".join(map(literal, read_commissioners(own).codes))
    orders = {mart.name: mart.order for mart in MARTS}
    names = [name for name in orders.get(table, ()) if name in rule.columns]
    order = f"order by {', '.join(map(quote, names))}" if names else ""
    # A row rule stands inside a query on the tables of the release that it names.
    named = [name for name in (*orders, "release") if name in rule.rows]
    named = list(dict.fromkeys([table, *named]))
    read = ", ".join(f"{quote(name)} as (from {quote(source)}.main.{quote(name)})" for name in named)
    columns = ", ".join(map(quote, rule.columns))
    return (
        f"select {columns} from (with {read} select * from {quote(table)}, "
        f"(select [{own_codes}] as own) where {rule.rows}) {order}"
    )


def required(audiences: Sequence[Audience]) -> list[RequiredCheck]:
    """The verdicts that a release needs of the files of its audiences."""
    return [RequiredCheck(audience.name, RELEASE_STAGE, check) for audience in audiences for check in CHECKS]


def audit_file(connection: duckdb.DuckDBPyConnection, audience: Audience, source: str, file: Path) -> list[Verdict]:
    """Whether a finished file has the tables, columns and rows of its rules, each column described, and no more; its
    release is attached.
    """
    attach(connection, file, "audited")
    try:
        tables = _differences(set(_relations(connection)), {*audience.tables, *audience.views})
        audited, released = columns_of(connection, "audited"), columns_of(connection, source)
        columns, rows, checked = [], [], 0
        for table, rule in audience.tables.items():
            found = tuple(column.name for column in audited.get(table, ()))
            columns += [f"{table}.{name}" for name in _differences(set(found), set(rule.columns))]
            if found == rule.columns:
                count, strange = _strange_rows(connection, audience, table, source)
                checked += count
                rows += [f"{table}: {strange}"] if strange else []
        for view in audience.views:
            found_names, expected = ({column.name for column in names.get(view, ())} for names in (audited, released))
            columns += [f"{view}.{name}" for name in _differences(found_names, expected)]
        undescribed = [
            f"{table}.{column.name} (not described)"
            for table in (*audience.tables, *audience.views)
            for column in audited.get(table, ())
            if not column.comment
        ]
    finally:
        connection.execute("detach audited")
    findings = (tables, columns + undescribed, rows)
    return [_verdict(audience, check, found, checked) for check, found in zip(CHECKS, findings, strict=True)]


def _relations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every table and view of the audited file, in whatever schema."""
    rows = connection.execute(
        "select if(schema_name = 'main', '', schema_name || '.') || name from ("
        "select database_name, schema_name, table_name as name, internal from duckdb_tables() union all "
        "select database_name, schema_name, view_name, internal from duckdb_views()) "
        "where database_name = 'audited' and not internal"
    ).fetchall()
    return [name for (name,) in rows]


def _differences(found: set[str], ruled: set[str]) -> list[str]:
    return [f"{name} (not ruled)" for name in sorted(found - ruled)] + [
        f"{name} (missing)" for name in sorted(ruled - found)
    ]


def _strange_rows(
    connection: duckdb.DuckDBPyConnection, audience: Audience, table: str, source: str
) -> tuple[int, str | None]:
    """Rows of a table, and how many are there without a rule or are not there in spite of one."""
    audited = f"audited.main.{quote(table)}"
    [(count,)] = connection.execute(f"select count(*) from {audited}").fetchall()
    if table == CHANGES:
        known = ", ".join(
            f"({literal(name)}, {literal(column)})" for name, rule in audience.tables.items() for column in rule.columns
        )
        [(strange,)] = connection.execute(
            f"select count(*) from {audited} where table_name not in ({', '.join(map(literal, audience.tables))}) "
            f"or change = 'changed' and (table_name, column_name) not in ({known})"
        ).fetchall()
        return count, f"{strange} of what is not published" if strange else None
    ruled = ruled_rows(connection, audience, table, source)
    # Sums of hashes tell whether anything differs in a tenth of the time that it takes to say how many rows.
    told = "count(*), sum(hash(row_)::hugeint), any_value(typeof(row_))"
    sums = [
        connection.execute(f"select {told} from ({rows}) as row_").fetchall() for rows in (f"from {audited}", ruled)
    ]
    if sums[0] == sums[1]:
        return count, None
    counts = [
        connection.execute(f"select count(*) from ({left} except all {right})").fetchall()[0][0]
        for left, right in ((f"from {audited}", f"({ruled})"), (f"({ruled})", f"from {audited}"))
    ]
    return count, f"{counts[0]} not ruled, {counts[1]} missing" if any(counts) else None


def _verdict(audience: Audience, check: str, found: list[str], checked: int) -> Verdict:
    what = check.partition("_")[0]
    shown = ", ".join(found[:5])
    return Verdict(
        suite=audience.name,
        stage=RELEASE_STAGE,
        check=check,
        severity="block",
        passed=not found,
        rows_checked=checked,
        unexpected_count=len(found),
        examples=(),
        message=f"The file of the audience {audience.name} does not have the {what} of its rules: {shown}. {FIX}"
        if found
        else f"The file of the audience {audience.name} has the {what} of its rules.",
        owner=OWNER,
    )
