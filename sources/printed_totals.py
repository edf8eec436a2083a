"""Printed totals among the rows of a table: told by their label, kept as rows of their own, of the month of the lines.

Belongs here: SQL for `reader`. Totals of reports that people type belong in `reports`; whether a total is the sum of
its lines is asked by the suites.
"""

import duckdb

from sources.contracts import Column, Contract, PrintedTotal
from sources.recognition import Recognised


def row_type_sql(total: PrintedTotal) -> str:
    """SQL of what a row is, from its cells as they came."""
    return f"case when regexp_full_match(trim({total.label}), '{total.totals}') then 'total' else 'line' end"


def unless_total(condition: str, column: Column, contract: Contract, total: PrintedTotal | None) -> str:
    """SQL of when a value does not fit: in the column of the month a total holds its word, see `date_totals`."""
    if total is None or column.name not in contract.period.columns:
        return condition
    is_word = f"coalesce(regexp_full_match({column.name}__text, '{total.totals}'), true)"
    return f"({condition}) and not ({total.row_type} = 'total' and {is_word})"


def date_totals(connection: duckdb.DuckDBPyConnection, contract: Contract, recognised: Recognised) -> None:
    """Give the totals in `received` the month of the lines; a total without lines is of none, and set aside."""
    if contract.row_type is None:
        return
    [column] = contract.period.columns
    undated = f"{contract.row_type} = 'total' and {column} is null and reason is null"
    connection.execute(f"""
        update received set {column} = lines.day_of_lines, period = lines.month_of_lines
        from (
            select min({column}) as day_of_lines, min(period) as month_of_lines from received
            where {contract.row_type} = 'line' and reason is null
        ) as lines
        where {undated} and lines.day_of_lines is not null
    """)
    named = recognised.named(column).replace("'", "''")
    reason = f"column {named}: a total of no lines is of no month"
    connection.execute(f"update received set reason = '{reason}' where {undated}")
