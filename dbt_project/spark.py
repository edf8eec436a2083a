"""The build database beside Spark: its feeds as Spark reads them, and what Spark made of them brought back.

Belongs here: what passes between the two, always as Parquet. How Spark is started belongs in `orchestration`, what the
models mean in the models.
"""

import json
from pathlib import Path

import duckdb
import sqlglot
from sqlglot import exp

from dbt_project.dialect import to_spark
from pcw.files import write_atomically

FEEDS = "feeds.json"
VIEWS = "views.json"
DOCS = "docs.json"


def write_feeds(warehouse: Path, folder: Path) -> None:
    """Write the statements that make the schema `feed` of this build database in Spark.

    Landed files are read where they lie, by the views' own SQL; what the ledger knows, some thousand rows, is written
    to Parquet below `folder`.
    """
    ledger = folder / "ledger"
    ledger.mkdir(parents=True, exist_ok=True)
    statements = ["create database if not exists feed"]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() where schema_name = 'feed'").fetchall()
        for (name,) in tables:
            path = ledger / f"{name}.parquet"
            connection.execute(f"copy feed.{name} to '{_quoted(path)}' (format parquet)")
            statements.append(f"create or replace view feed.{name} as select * from parquet.`{path}`")
        views = connection.execute(
            "select view_name, sql from duckdb_views() where schema_name = 'feed' order by view_oid"
        ).fetchall()
        for name, sql in views:
            statements.append(f"create or replace view feed.{name} as {to_spark(_landed(connection, sql))}")
    write_atomically(folder / FEEDS, json.dumps(statements, ensure_ascii=False).encode())


def take_back(warehouse: Path, folder: Path) -> None:
    """Make all that Spark has built relations of the build database: tables of its Parquet, views of their SQL.

    Parquet keeps no descriptions: they come back beside it, as dbt would have written them into the database.
    """
    docs = json.loads((folder / DOCS).read_text("utf-8"))
    views = json.loads((folder / VIEWS).read_text("utf-8"))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("begin")
        for table in sorted((folder / "tables").glob("*.db/*")):
            schema, name = table.parent.name.removesuffix(".db"), table.name
            if f"{schema}.{name}" in views:
                continue
            connection.execute(f"create schema if not exists {schema}")
            rows = f"select * from read_parquet('{_quoted(table)}/*.parquet', hive_partitioning = false)"
            connection.execute(f"create or replace table {schema}.{name} as {rows}")
        for view, query in views.items():
            connection.execute(f"create schema if not exists {view.split('.')[0]}")
            connection.execute(f"create or replace view {view} as {query['duckdb']}")
        for relation, said in docs.items():
            kind = "view" if relation in views else "table"
            connection.execute(f"comment on {kind} {relation} is '{_quoted(said['description'])}'")
            for column, description in said["columns"].items():
                connection.execute(f"comment on column {relation}.{column} is '{_quoted(description)}'")
        connection.execute("commit")


def _landed(connection: duckdb.DuckDBPyConnection, view: str) -> exp.Expr:
    """The query of a view, with the files that it reads as tables of Spark.

    A file that lacks a column of another one has null in it, as in DuckDB: Spark would take columns by their place.
    """
    query: exp.Expr = sqlglot.parse_one(view, read="duckdb").expression
    for table in [table for table in query.find_all(exp.Table) if isinstance(table.this, exp.ReadParquet)]:
        paths = [path.name for path in table.this.expressions[0].find_all(exp.Literal)]
        known: dict[str, set[str]] = {path: set() for path in paths}
        listed = ", ".join(exp.Literal.string(path).sql("duckdb") for path in paths)
        columns: dict[str, None] = {}
        for path, column in connection.execute(
            f"select file_name, name from parquet_schema([{listed}]) where num_children is null"
        ).fetchall():
            known[path].add(column)
            columns[column] = None
        selects = [
            exp.select(*(
                exp.column(name, quoted=True) if name in known[path] else exp.alias_(exp.null(), name, quoted=True)
                for name in columns
            )).from_(exp.table_(path, db="parquet", quoted=True))
            for path in paths
        ]  # fmt: skip
        every = exp.union(*selects, distinct=False) if len(selects) > 1 else selects[0]
        table.replace(exp.Subquery(this=every, alias=table.args.get("alias")))
    return query


def _quoted(text: Path | str) -> str:
    return str(text).replace("'", "''")
