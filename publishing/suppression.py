"""Small patient counts are hidden from readers: applied to the audience's file, never to the exact one.

Belongs here: which published columns count patients, and how the active rule of the seed `suppression_rule` changes
them. Rates are made again from the counts that are shown; bands and achievement were judged on exact values and stay.
Items, list sizes, practices and money are no patient counts.
"""

from dataclasses import dataclass

import duckdb

from pcw.errors import PcwError
from publishing.tables import literal, quote

DEFINITIONS = "definitions"
# Tables whose column `value` is the value of a component, by component_id.
COMPONENT_TABLES = ("component_value", "component_provider_value")
# Questions about hospital feeds count rows of patients where their rule says so.
QUERY = "data_quality_query"
QUERY_COUNTS = ("amount", "seen", "expected")
# Positions of a whole commissioner: a row in which any of the first counts is small shows none of both.
POSITION = "activity_position"
POSITION_COUNTS = ("actual_month", "actual_ytd", "baseline_ytd", "baseline_fy")
POSITION_DERIVED = ("plan_ytd", "plan_fy", "variance_ytd", "achieved_reduction_ytd")
RESULT = "indicator_result"
SERIES = "indicator_id, version, variant, org_view, org_type, org_code"


@dataclass(frozen=True)
class Rule:
    """Counts from `hide_from` to `hide_to` become null, others a multiple of `round_to`."""

    hide_from: int
    hide_to: int
    round_to: int

    @property
    def changes_nothing(self) -> bool:
        """Whether exact counts may be shown."""
        return self.hide_to < self.hide_from or (self.hide_to == 0 and self.round_to == 1)

    def shown(self, column: str) -> str:
        """SQL of a count as readers may see it."""
        return (
            f"case when {column} between {self.hide_from} and {self.hide_to} then null "
            f"else round({column} / {self.round_to}) * {self.round_to} end"
        )

    @property
    def words(self) -> str:
        """What a reader is told where a figure is hidden."""
        return f"{self.hide_from} to {self.hide_to} patients: not shown"


def active_rule(connection: duckdb.DuckDBPyConnection, build: str) -> Rule:
    """The rule that the seed of an attached build database declares active.

    Raises:
        PcwError: none or several are active.
    """
    rows = connection.execute(
        f"select hide_from, hide_to, round_to from {quote(build)}.{DEFINITIONS}.suppression_rule where is_active"
    ).fetchall()
    if len(rows) != 1:
        raise PcwError(
            f"{len(rows)} suppression rules are active in the seed suppression_rule; exactly one must be. "
            "Nothing was published."
        )
    return Rule(*rows[0])


def suppress(connection: duckdb.DuckDBPyConnection, build: str, audience: str) -> int:
    """Hide small patient counts in an attached audience file; returns how many values changed.

    Args:
        build: attached build database, for the definitions.
        audience: attached file, still an exact copy.
    """
    rule = active_rule(connection, build)
    if rule.changes_nothing:
        return 0
    definitions = f"{quote(build)}.{DEFINITIONS}"
    connection.execute(
        f"create or replace temp table patient_component as "
        f"select component_id from {definitions}.component_definition where is_patient_count"
    )
    changed = 0
    of_patients = "component_id in (select component_id from patient_component)"
    of_rows = f"feed like 'sus%' and issue in (select issue from {definitions}.data_quality_rule where unit = 'rows')"
    counts = [(table, "value", of_patients) for table in COMPONENT_TABLES]
    counts += [(QUERY, column, of_rows) for column in QUERY_COUNTS]
    for table, column, condition in counts:
        changed += _update(
            connection,
            f"update {quote(audience)}.main.{table} set {column} = {rule.shown(column)} "
            f"where {condition} and {column} is distinct from ({rule.shown(column)})",
        )
    small = " or ".join(f"{column} between {rule.hide_from} and {rule.hide_to}" for column in POSITION_COUNTS)
    nothing = ", ".join(f"{column} = null" for column in (*POSITION_COUNTS, *POSITION_DERIVED))
    changed += _update(
        connection,
        f"update {quote(audience)}.main.{POSITION} set {nothing} where {of_patients} and ({small})",
    )
    changed += _suppress_results(connection, definitions, f"{quote(audience)}.main.{RESULT}", rule)
    connection.execute("drop table temp.patient_component")
    return changed


def _update(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0])


def _suppress_results(connection: duckdb.DuckDBPyConnection, definitions: str, results: str, rule: Rule) -> int:
    """Numerators, denominators, rates, and the earlier rates that a row repeats."""
    connection.execute(f"""
        create or replace temp table shown_result as
        with counting as (
            select
                indicator_id, version, variant,
                numerator_component_id in (select component_id from patient_component) as counts_above,
                coalesce(denominator_component_id in (select component_id from patient_component), false)
                    as counts_below
            from {definitions}.indicator_variant
        ),
        exact as (
            select results.rowid as row_id, results.*, counts_above, counts_below
            from {results} as results join counting using (indicator_id, version, variant)
            where counts_above or counts_below
        ),
        parts as (
            select
                *,
                case when counts_above then {rule.shown("numerator")} else numerator end as shown_numerator,
                case when counts_below then {rule.shown("denominator")} else denominator end as shown_denominator
            from exact
        ),
        rated as (
            select
                *,
                case
                    when numerator is not null and shown_numerator is null then null
                    when denominator is not null and shown_denominator is null then null
                    when numerator = 0 or numerator is null then value
                    else value * (cast(shown_numerator as double) / cast(numerator as double))
                        * coalesce(cast(denominator as double) / nullif(cast(shown_denominator as double), 0), 1)
                end as shown_value
            from parts
        )
        select
            row_id,
            shown_numerator,
            shown_denominator,
            shown_value,
            case when previous_value is not null then
                (last_value(case when state = 'ok' then {{'shown': shown_value}} end ignore nulls) over (
                    partition by {SERIES} order by period_end rows between unbounded preceding and 1 preceding
                )).shown
            end as shown_previous,
            case when baseline_value is not null then
                (last_value(case when state = 'ok' and month(period_end) = 3 then {{'shown': shown_value}} end
                    ignore nulls) over (
                    partition by {SERIES} order by period_end rows between unbounded preceding and 1 preceding
                )).shown
            end as shown_baseline,
            (numerator is not null and shown_numerator is null)
            or (denominator is not null and shown_denominator is null) as is_hidden
        from rated
    """)
    return _update(
        connection,
        f"""
        update {results} as results set
            numerator = shown_result.shown_numerator,
            denominator = shown_result.shown_denominator,
            value = shown_result.shown_value,
            previous_value = shown_result.shown_previous,
            baseline_value = shown_result.shown_baseline,
            state_reason = case
                when is_hidden then concat_ws('; ', state_reason, {literal(rule.words)}) else state_reason
            end
        from shown_result
        where results.rowid = shown_result.row_id
        """,
    )
