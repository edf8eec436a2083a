"""The marts of a release file and how they are copied out of the build database: types, comments and order kept.

Belongs here: names, keys and sort orders of the published marts. What a release adds to them (lineage) is in
`publishing.lineage`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pcw.errors import PcwError

# Older clients open this version; DuckDB 2.0 otherwise writes a format that 1.x refuses.
STORAGE_VERSION = "v1.2.0"
# Families of feeds, as the folders of `sources` are called.
CLINICAL = ("practice", "prescribing", "sus")
FINANCE = ("finance",)
PERFORMANCE = ("performance",)
# Of counts made elsewhere: searches, surveys, registers, returns of trusts.
COUNTED = ("quality", "experience", "contract", *PERFORMANCE)
MEASURED = CLINICAL + COUNTED
CONTRACT = ("contract",)
# What is coded to a practice is told by the register of practices.
LEDGER = (*FINANCE, "practice")
# Months before its own that a year to date or a rolling year reads at most.
WINDOW = 11


@dataclass(frozen=True)
class Column:
    """One column as DuckDB describes it."""

    name: str
    type: str
    nullable: bool
    comment: str | None


@dataclass(frozen=True)
class Mart:
    """One published table: its key (unique in a release; empty if it has none), the order its rows are stored in, and
    the families of feeds that can move its rows (none: only its definitions can).

    A row reads its month and so many before it (`window`; None: all of them), and those after it too where it
    `reads_later`. Where there are rows `until_last`, of every month up to the last that any feed has, a file of a later
    month can bring the row of a month that nobody sent. Of a table with versions the rows that count are compared,
    without what only says which version it is: `counting`, `of_version`.
    """

    name: str
    key: tuple[str, ...]
    order: tuple[str, ...]
    families: tuple[str, ...] = CLINICAL + FINANCE
    window: int | None = 0
    reads_later: bool = False
    until_last: bool = False
    counting: str | None = None
    of_version: tuple[str, ...] = ()


MARTS = (
    Mart("indicator", ("indicator_id", "version"), ("indicator_id", "version"), ()),
    Mart(
        "indicator_result",
        ("indicator_id", "version", "variant", "org_view", "org_type", "org_code", "period_end"),
        ("indicator_id", "period_end", "org_view", "org_type", "org_code", "version", "variant"),
        MEASURED,
        window=WINDOW,
        until_last=True,
    ),
    # What became live of it is seen in indicator and indicator_result.
    Mart("indicator_register", (), ("indicator_id",), MEASURED),
    # What moves in it moves band and target of indicator_result.
    Mart(
        "indicator_threshold", (), ("indicator_id", "version", "kind", "band_order", "org_code", "valid_from"), CONTRACT
    ),
    # Not compared between releases: what moves in them moves indicator_result or component_value too.
    Mart("indicator_spc", (), ("indicator_id", "org_type", "org_code", "month", "version"), MEASURED),
    Mart("indicator_comparison", (), ("indicator_id", "period_end", "practice_code", "version"), MEASURED),
    Mart("practice_outlier", (), ("practice_code", "period_end", "indicator_id", "version", "rule"), MEASURED),
    Mart("component", ("component_id",), ("component_id",), ()),
    Mart(
        "component_value",
        ("component_id", "practice_code", "month"),
        ("component_id", "month", "practice_code"),
        MEASURED,
    ),
    # Not compared between releases: what moves in it moves component_value too.
    Mart(
        "component_provider_value",
        (),
        ("component_id", "month", "provider_code", "treatment_function_code", "practice_code"),
        CLINICAL,
    ),
    Mart(
        "activity_position",
        ("plan_id", "financial_year", "month"),
        ("plan_id", "financial_year", "month"),
        window=2 * WINDOW + 1,
        until_last=True,
    ),
    Mart(
        "finance_position",
        ("entity_code", "financial_year", "ledger_period", "vintage", "level", "level_code"),
        ("entity_code", "financial_year", "ledger_period", "vintage", "level", "level_code"),
        LEDGER,
        window=1,
        counting="is_current",
        of_version=("vintage", "report_version", "received_at"),
    ),
    Mart(
        "finance_reconciliation",
        ("check_id",),
        ("source", "check_id"),
        LEDGER,
        counting="is_current",
        of_version=("vintage",),
    ),
    Mart(
        "finance_forecast",
        ("entity_code", "financial_year", "month"),
        ("entity_code", "financial_year", "month"),
        window=WINDOW,
    ),
    Mart(
        "finance_accrual",
        ("entity_code", "journal_reference", "financial_year", "ledger_period"),
        ("entity_code", "journal_reference", "financial_year", "ledger_period"),
        FINANCE,
        window=None,
        reads_later=True,
    ),
    Mart("organisation", ("org_type", "org_code", "valid_from"), ("org_type", "org_code", "valid_from"), CLINICAL),
    Mart("practice_month", ("practice_code", "month"), ("month", "practice_code"), CLINICAL, until_last=True),
    Mart(
        "cres_scheme",
        ("entity_code", "financial_year", "scheme_id"),
        ("entity_code", "financial_year", "scheme_id"),
        FINANCE,
    ),
    # Not compared between releases: what moves in it moves cres_position too.
    Mart("cres_month", (), ("entity_code", "financial_year", "reported_month", "scheme_id", "month"), FINANCE),
    Mart(
        "cres_position",
        ("entity_code", "financial_year", "scheme_id", "month"),
        ("entity_code", "financial_year", "month", "scheme_id"),
        FINANCE,
        window=WINDOW,
        reads_later=True,
    ),
    Mart("cres_overlap", (), ("entity_code", "financial_year", "scheme_id_a", "scheme_id_b"), FINANCE),
    Mart("owner_notice", (), ("kind", "notice_key", "owner")),
    Mart(
        "cres_evidence",
        ("entity_code", "financial_year", "scheme_id", "month"),
        ("entity_code", "financial_year", "scheme_id", "month"),
        window=None,
        reads_later=True,
    ),
    Mart(
        "contract_tolerance",
        ("entity_code", "financial_year", "provider_code", "point_of_delivery", "month"),
        ("entity_code", "financial_year", "provider_code", "point_of_delivery", "month"),
        window=WINDOW,
    ),
    # A claim of a later month says that one was missed.
    Mart(
        "rebate_position",
        ("entity_code", "rebate_term_id", "month"),
        ("entity_code", "rebate_term_id", "month"),
        reads_later=True,
    ),
    Mart(
        "drug_charge_challenge",
        ("entity_code", "month", "provider_code", "invoice_reference", "line_number", "reason"),
        ("entity_code", "month", "provider_code", "invoice_reference", "line_number", "reason"),
        window=None,
    ),
    Mart(
        "project_benefit",
        ("commissioner_code", "project_id", "month"),
        ("commissioner_code", "project_id", "month"),
        window=None,
        until_last=True,
    ),
    # Without any report a milestone has no month, so that the key is not one.
    Mart("project_milestone_status", (), ("commissioner_code", "reported_month", "project_id", "milestone_order")),
    Mart(
        "gp_specification_payment",
        ("practice_code", "period_end", "indicator_id", "version"),
        ("indicator_id", "period_end", "practice_code", "version"),
        window=WINDOW,
        until_last=True,
    ),
    Mart("pcn_funding", ("financial_year", "pcn", "element"), ("financial_year", "pcn", "element")),
    Mart("federation_gain_share", ("term_id", "month"), ("term_id", "month"), window=None, until_last=True),
    Mart(
        "provider_performance",
        ("dataset", "provider_code", "code", "month"),
        ("dataset", "code", "month", "provider_code"),
        PERFORMANCE,
    ),
    Mart(
        "indicator_reconciliation",
        ("reconciliation_id", "org_type", "org_code", "period_end"),
        ("reconciliation_id", "period_end", "org_type", "org_code"),
        MEASURED,
        window=WINDOW,
        until_last=True,
    ),
    Mart(
        "risk",
        ("commissioner_code", "register_month", "ref"),
        ("commissioner_code", "register_month", "ref"),
        CONTRACT,
        window=None,
    ),
    Mart(
        "risk_grade_count",
        ("commissioner_code", "register_month", "basis", "grade"),
        ("commissioner_code", "register_month", "basis", "grade_order"),
        CONTRACT,
        window=None,
    ),
    # Whose a rating is, and which contracts are expected, is told by the register of practices.
    Mart(
        "cqc_inspection",
        ("practice_code", "publication_date"),
        ("practice_code", "publication_date"),
        ("experience", "practice"),
    ),
    Mart("practice_contract", ("month", "practice_code"), ("month", "practice_code"), (*CONTRACT, "practice")),
    Mart("contract_event", ("event_id",), ("event_type", "event_id"), CONTRACT),
    Mart("contract_event_coverage", ("event_type",), ("event_type",), CONTRACT),
    Mart("contract_visit_theme", ("event_id", "theme_code"), ("event_id", "theme_code"), CONTRACT),
    Mart(
        "complaint_summary",
        ("commissioner_code", "financial_year", "summary_group", "name"),
        ("commissioner_code", "financial_year", "summary_group", "rank", "name"),
        CONTRACT,
    ),
    Mart("data_quality_query", (), (), CLINICAL),
    Mart("data_quality_rate", (), ("dataset", "measure", "month", "provider_code"), CLINICAL),
)
VIEWS = ("indicator_latest",)
RELEASE_ID = Column("release_id", "VARCHAR", True, "Release that published this row; see table release.")


def quote(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def update(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """Run an update or delete; the number of rows that it changed."""
    return int(connection.execute(sql).fetchall()[0][0])


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def attach(connection: duckdb.DuckDBPyConnection, path: Path, alias: str, *, write: bool = False) -> None:
    """Attach a database file under a name of ours; a file to write gets the published storage version."""
    options = f"storage_version '{STORAGE_VERSION}'" if write else "read_only"
    connection.execute(f"attach {literal(str(path))} as {quote(alias)} ({options})")


def columns_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, list[Column]]:
    """Columns of every table and view of schema main, in their order.

    One question for all: DuckDB goes through every attached database for each.
    """
    rows = connection.execute(
        """
        select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
        where database_name = ? and schema_name = 'main' order by table_name, column_index
        """,
        [catalog],
    ).fetchall()
    found: dict[str, list[Column]] = {}
    for table, *column in rows:
        found.setdefault(table, []).append(Column(*column))
    return found


def comments_of(connection: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, str | None]:
    """What an attached database says of each table of schema main."""
    rows = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = 'main'", [catalog]
    ).fetchall()
    return dict(rows)


def filled(connection: duckdb.DuckDBPyConnection, catalog: str, tables: Iterable[str]) -> set[str]:
    """Which of these tables of schema main of an attached database have rows: one question for all.

    Many marts are empty where a commissioner has no such feed; each that need not be read spares a statement.
    """
    firsts = (f"(select {literal(name)} from {quote(catalog)}.main.{quote(name)} limit 1)" for name in tables)
    asked = " union all ".join(firsts)
    return {name for (name,) in connection.execute(asked).fetchall()} if asked else set()


def create_table(
    connection: duckdb.DuckDBPyConnection, catalog: str, table: str, comment: str | None, columns: list[Column]
) -> None:
    """Create a table in schema main with its comments."""
    full_name = f"{quote(catalog)}.main.{quote(table)}"
    body = ", ".join(
        f"{quote(column.name)} {column.type}{'' if column.nullable else ' not null'}" for column in columns
    )
    connection.execute(f"create table {full_name} ({body})")
    _comment(connection, "table", full_name, comment, columns)


def copy_marts(
    connection: duckdb.DuckDBPyConnection, marts: Iterable[Mart], source: str, target: str, release_id: str
) -> None:
    """Copy marts with exact types and comments, in storage order; `indicator_result` is stamped with the release.

    Raises:
        PcwError: the build database lacks a table.
    """
    columns, comments = columns_of(connection, source), comments_of(connection, source)
    for mart in marts:
        if mart.name not in columns:
            raise PcwError(
                f"The build database has no table main.{mart.name}, so no release was written. "
                "Run the whole build again."
            )
        _copy_mart(connection, mart, source, target, release_id, columns[mart.name], comments.get(mart.name))


def _copy_mart(
    connection: duckdb.DuckDBPyConnection,
    mart: Mart,
    source: str,
    target: str,
    release_id: str,
    source_columns: list[Column],
    comment: str | None,
) -> None:
    copied = list(source_columns)
    expressions = {column.name: quote(column.name) for column in copied}
    if mart.name == "indicator_result":
        copied = [RELEASE_ID if column.name == "release_id" else column for column in copied]
        if RELEASE_ID not in copied:
            copied.append(RELEASE_ID)
        expressions["release_id"] = literal(release_id)
    create_table(connection, target, mart.name, comment, copied)
    order = ", ".join(quote(column) for column in mart.order) or "all"
    connection.execute(
        f"""
        insert into {quote(target)}.main.{quote(mart.name)}
        select {", ".join(expressions[column.name] for column in copied)}
        from {quote(source)}.main.{quote(mart.name)} order by {order}
        """
    )


def copy_view(connection: duckdb.DuckDBPyConnection, view: str, source: str, target: str) -> None:
    """Copy a view of schema main. Database names in its text are dropped: a reader's file has another name than the
    build.

    Raises:
        PcwError: the build lacks the view, or it reads something that is not published.
    """
    found = connection.execute(
        "select sql, comment from duckdb_views() where database_name = ? and schema_name = 'main' and view_name = ?",
        [source, view],
    ).fetchall()
    if not found:
        raise PcwError(
            f"The build database has no view main.{view}, so no release was written. Run the whole build again."
        )
    [(sql, comment)] = found
    _, _, body = sql.partition(" AS ")
    unqualified = re.sub(r'("[^"]+"|\b\w+)\.("main"|main)\.', "", body)
    full_name = f"{quote(target)}.main.{quote(view)}"
    connection.execute(f"use {quote(target)}")
    try:
        connection.execute(f"create view {full_name} as {unqualified}")
    except duckdb.Error as error:
        raise PcwError(
            f"The view {view} reads what a release does not contain, so no release was written: {error}"
        ) from error
    connection.execute("use memory")
    _comment(connection, "view", full_name, comment, columns_of(connection, source)[view])


def _comment(
    connection: duckdb.DuckDBPyConnection, kind: str, full_name: str, comment: str | None, columns: list[Column]
) -> None:
    if comment is not None:
        connection.execute(f"comment on {kind} {full_name} is {literal(comment)}")
    for column in columns:
        if column.comment is not None:
            connection.execute(f"comment on column {full_name}.{quote(column.name)} is {literal(column.comment)}")
