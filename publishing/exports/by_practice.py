"""All indicators by practice: one table of what most readers of indicators ask for, with its numerators.

Belongs here: which rows and columns that is. One row per practice, indicator, version of its definition and period end:
the headline variant, organisations as they were. Nothing is computed: each figure is that of `indicator_result`.
"""

from dataclasses import replace
from datetime import date

import duckdb

from publishing.exports.described import Table, table_of
from publishing.tables import columns_of, create_table

NAME = "indicators_by_practice"
DESCRIPTION = (
    "One row per practice, indicator, version and period end: its headline variant, organisations as they were "
    "(org_view as_at). Filter on state = 'ok' and value is not null; a figure that is not there has its reason in "
    "state_reason."
)
# Column -> where it is from: table, column, SQL.
COLUMNS = {
    "period_end": ("indicator_result", "period_end", "result.period_end"),
    "practice_code": ("indicator_result", "org_code", "result.org_code"),
    "practice_name": ("organisation", "name", "practice.name"),
    "commissioner_code": ("practice_month", "commissioner_code", "place.commissioner_code"),
    "neighbourhood_code": ("practice_month", "neighbourhood", "place.neighbourhood"),
    "neighbourhood_name": ("organisation", "name", "neighbourhood.name"),
    "pcn_code": ("practice_month", "pcn", "place.pcn"),
    "pcn_name": ("organisation", "name", "pcn.name"),
    "indicator_id": ("indicator_result", "indicator_id", "result.indicator_id"),
    "version": ("indicator_result", "version", "result.version"),
    "indicator_name": ("indicator", "name", "indicator.name"),
    "unit": ("indicator", "unit", "indicator.unit"),
    "variant": ("indicator_result", "variant", "result.variant"),
    "window_start": ("indicator_result", "window_start", "result.window_start"),
    "numerator": ("indicator_result", "numerator", "result.numerator"),
    "denominator": ("indicator_result", "denominator", "result.denominator"),
    "multiplier": ("indicator", "multiplier", "indicator.multiplier"),
    "value": ("indicator_result", "value", "result.value"),
    "target": ("indicator_result", "target", "result.target"),
    "band": ("indicator_result", "band", "result.band"),
    "rag": ("indicator_result", "rag", "result.rag"),
    "state": ("indicator_result", "state", "result.state"),
    "state_reason": ("indicator_result", "state_reason", "result.state_reason"),
    "data_month": ("indicator_result", "data_month", "result.data_month"),
    "release_id": ("release", "release_id", "release.release_id"),
}
OUR_WORDS = {
    "practice_code": "Practice.",
    "practice_name": "Newest name of the practice.",
    "neighbourhood_name": "Newest name of that neighbourhood.",
    "pcn_name": "Newest name of that primary care network.",
    "commissioner_code": "Commissioner of the practice on the first day of the month of period_end.",
    "neighbourhood_code": "Neighbourhood on the first day of the month of period_end.",
    "pcn_code": "Primary care network on the first day of the month of period_end.",
    "indicator_name": "What the indicator is called.",
}


def build(connection: duckdb.DuckDBPyConnection, catalog: str, into: str) -> Table | None:
    """Make the table in another database; None where the audience does not get all that it is made of."""
    known = {(table, column.name): column for table, held in columns_of(connection, catalog).items() for column in held}
    if not {(table, column) for table, column, _ in COLUMNS.values()} <= known.keys():
        return None
    columns = [
        replace(
            known[table, column], name=name, nullable=True, comment=OUR_WORDS.get(name, known[table, column].comment)
        )
        for name, (table, column, _) in COLUMNS.items()
    ]
    create_table(connection, into, NAME, DESCRIPTION, columns)
    shown = ", ".join(f"{sql} as {name}" for name, (_, _, sql) in COLUMNS.items())
    connection.execute(
        f"""
        insert into {into}.main.{NAME}
        with named as (  -- a cost centre that stands for a practice has its name there
            select
                if(org_type = 'cost_centre', 'practice', org_type) as org_type, org_code,
                max_by(name, coalesce(valid_from, date '0001-01-01')) as name
            from {catalog}.main.organisation group by all
        )
        select {shown}
        from {catalog}.main.release, {catalog}.main.indicator_result as result
        left join {catalog}.main.indicator using (indicator_id, version)
        left join {catalog}.main.practice_month as place
            on place.practice_code = result.org_code and place.month = date_trunc('month', result.period_end)
        left join named as practice on practice.org_type = 'practice' and practice.org_code = result.org_code
        left join named as neighbourhood
            on neighbourhood.org_type = 'neighbourhood' and neighbourhood.org_code = place.neighbourhood
        left join named as pcn on pcn.org_type = 'pcn' and pcn.org_code = place.pcn
        where result.is_headline and result.org_type = 'practice' and result.org_view = 'as_at'
        order by result.period_end, result.org_code, result.indicator_id, result.version
        """
    )
    return table_of(connection, into, NAME, DESCRIPTION, columns_of(connection, into)[NAME])


def months_of(connection: duckdb.DuckDBPyConnection, table: Table) -> list[date]:
    """First days of the months in which a period of it ends, oldest first."""
    found = connection.execute(
        f"select distinct date_trunc('month', period_end)::date as month from {table.relation} order by month"
    )
    return [month for (month,) in found.fetchall()]


def newest_month(connection: duckdb.DuckDBPyConnection, table: Table) -> date | None:
    """The newest month of which some practice has a figure; None where none ever has."""
    found = connection.execute(
        f"select date_trunc('month', max(period_end))::date from {table.relation} where state = 'ok'"
    )
    month: date | None = found.fetchall()[0][0]
    return month


def in_month(month: date) -> str:
    """SQL: the rows of a month."""
    return f"date_trunc('month', period_end) = date '{month}'"
