"""The data dictionary of an export, three ways: a CSV, a page, and a Frictionless data package for programs.

Belongs here: their shapes. Every description is the release's own (`described`).
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from publishing.exports.cells import written
from publishing.exports.csv_files import BOM, END
from publishing.exports.described import Table
from publishing.reports.document import Bullets, Column, Document, Heading, Paragraph, Row
from publishing.reports.document import Table as PageTable

HEADER = ("table", "column", "position", "type", "is_nullable", "key_position", "description")
# Types of Table Schema by those of DuckDB, up to a bracket.
SCHEMA_TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "SMALLINT": "integer",
    "DOUBLE": "number",
    "DECIMAL": "number",
}


def entries(tables: Sequence[Table]) -> Iterator[tuple[str, str, str, str, str, str, str]]:
    """One row per table (no column) and per column of it."""
    for table in tables:
        yield table.name, "", "", "", "", "", table.description
        for number, column in enumerate(table.columns, 1):
            place = str(table.key.index(column.name) + 1) if column.name in table.key else ""
            nullable = "true" if column.nullable else "false"
            yield table.name, column.name, str(number), column.type, nullable, place, column.comment or ""


def as_csv(tables: Sequence[Table]) -> bytes:
    """`dictionary.csv`; its position and key_position are numbers, its is_nullable a boolean, the others text."""
    lines = [",".join(HEADER)]
    for table, column, position, kind, nullable, place, said in entries(tables):
        texts = [written(text) if text else "" for text in (table, column, kind, said)]
        lines.append(",".join([*texts[:2], position, texts[2], nullable, place, texts[3]]))
    return (BOM + END.join(lines) + END).encode()


def as_page(tables: Sequence[Table], views: Sequence[tuple[str, str]], release_id: str, audience: str) -> str:
    """`dictionary.html`; of views only what they are, for they have no rows of their own and are not exported."""
    from publishing.reports.as_html import render

    blocks: list[Any] = []
    for table in tables:
        blocks.append(Heading(2, table.name, anchor=table.name))
        key = f" Key: {', '.join(table.key)}." if table.key else ""
        blocks.append(Paragraph((f"{table.description} {table.rows:,} rows.{key}".strip(),)))
        rows = tuple(Row(((c.name,), (c.type,), (c.comment or "",))) for c in table.columns)
        headers = (Column("Column"), Column("Type"), Column("Description"))
        blocks.append(PageTable(f"Columns of {table.name}", headers, rows))
    if views:
        blocks.append(Heading(2, "Views, which are not here", anchor="not-here"))
        said = "These views of the DuckDB file (in PostgreSQL they are tables) put rows of the tables above together:"
        blocks.append(Paragraph((f"{said} nothing stands in them that is not in those.",)))
        blocks.append(Bullets(tuple((f"{name}: {what}",) for name, what in views)))
    facts = {"Release": (release_id,), "Audience": (audience,)}
    return render(Document("dictionary", "Data dictionary", "Tables of the export", release_id, tuple(blocks), facts))


def as_package(tables: Sequence[Table], release_id: str, created_at: str, audience: str) -> str:
    """`datapackage.json`, which lies beside the CSV files in their zip and makes that a data package."""
    package = {
        "profile": "tabular-data-package",
        "name": f"primary-care-warehouse-{audience}",
        "id": release_id,
        "created": created_at,
        "description": "Text may have apostrophes that the release has not; README.txt says how to undo that.",
        "resources": [_resource(table) for table in tables],
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(table: Table) -> dict[str, Any]:
    fields = [
        {
            "name": column.name,
            "type": SCHEMA_TYPES[column.type.partition("(")[0]],
            **({"format": "%Y-%m-%d %H:%M:%S"} if column.type == "TIMESTAMP" else {}),
            "description": column.comment or "",
            "constraints": {"required": not column.nullable},
        }
        for column in table.columns
    ]
    key = {"primaryKey": list(table.key)} if table.has_whole_key else {}
    return {
        "name": table.name,
        "path": f"{table.name}.csv",
        "profile": "tabular-data-resource",
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": {"fields": fields, "missingValues": [""], **key},
    }
