"""Small patient counts are hidden from readers: applied to the audience's file, never to the exact one.

Belongs here: which published columns count patients, and how the active rule of the seed `suppression_rule` changes
them. Rates are made again from the counts that are shown; bands and achievement were judged on exact values, and stay
where the figure is shown. What patients cost is hidden with their count and else rounded, so that no sum less its other
parts gives one patient's tariff. Items, list sizes, practices and other money are no patient counts. What else is
hidden so that no hidden count can be worked out is chosen in `publishing.protection`.
"""

from dataclasses import dataclass

import duckdb

from pcw.errors import PcwError
from publishing.linked import link
from publishing.protection import drop_rows_below_hidden, hide_protected, protect
from publishing.suppression_evidence import suppress_evidence
from publishing.suppression_payments import suppress_payments, suppress_projects
from publishing.suppression_reconciliation import suppress_reconciliation
from publishing.suppression_statistics import suppress_statistics
from publishing.suppression_words import JUDGED, describe
from publishing.tables import literal, quote, update

DEFINITIONS = "definitions"
# What readers are told of a file in which nothing is hidden.
EXACT = "Counts of patients are exact."
# And of one made before releases said it.
UNSAID = "This release does not say how counts of patients are hidden or rounded in it."
# And of one in which counts, or what patients cost, are rounded.
AT_ODDS = "Bands and colours were judged on exact figures, so that a value and its colour may look at odds."
# Tables whose column `value` is the value of a component, by component_id and these columns.
COMPONENT_TABLES = {
    "component_value": ("practice_code", "month"),
    "component_provider_value": ("practice_code", "month", "provider_code", "treatment_function_code"),
}
# Questions about hospital feeds count rows of patients where their rule says so.
QUERY = "data_quality_query"
QUERY_COUNTS = ("amount", "seen", "expected")
# Rates of coding: to two decimals, and none of few rows.
RATE = "data_quality_rate"
RATE_FROM = 100
# Positions of a whole commissioner: counts, and what is worked out again from the counts that are shown.
POSITION = "activity_position"
POSITION_COUNTS = ("actual_month", "actual_ytd", "baseline_ytd", "baseline_fy")
POSITION_DERIVED = {
    "plan_ytd": "case when plan_ytd is not null then baseline_ytd - planned_reduction_ytd end",
    "plan_fy": "case when plan_fy is not null then baseline_fy - planned_reduction_fy end",
    "variance_ytd": "case when variance_ytd is not null then actual_ytd - baseline_ytd + planned_reduction_ytd end",
    "achieved_reduction_ytd": "case when achieved_reduction_ytd is not null then baseline_ytd - actual_ytd end",
}
# A cost is hidden where the count of the same rows is: one tariff tells one patient. The others are rounded.
COUNT_OF_COST = {
    "sus_ae_cost": "sus_ae_attendances",
    "sus_ae_gp_spec_cost": "sus_ae_gp_spec_attendances",
    "sus_emergency_cost": "sus_emergency_admissions",
    "sus_emergency_zero_day_cost": "sus_emergency_zero_day_stays",
    "sus_emergency_readmissions_30d_cost": "sus_emergency_readmissions_30d",
    "sus_acs_cost": "sus_acs_admissions",
    "sus_op_firsts_cost": "sus_op_firsts",
    "sus_op_gp_referred_firsts_cost": "sus_op_gp_referred_firsts",
}
RESULT = "indicator_result"
SERIES = "indicator_id, version, variant, org_view, org_type, org_code"


@dataclass(frozen=True)
class Rule:
    """Counts from `hide_from` to `hide_to` become null, others a multiple of `round_to`; costs one of `cost_to`."""

    hide_from: int
    hide_to: int
    round_to: int
    cost_to: int

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

    def shown_cost(self, column: str, count: str) -> str:
        """SQL of what the patients of a count cost, as readers may see it; of a count that nobody knows nothing."""
        return (
            f"case when coalesce({count} between {self.hide_from} and {self.hide_to}, true) then null "
            f"else round({column} / {self.cost_to}) * {self.cost_to} end"
        )

    @property
    def words(self) -> str:
        """What a reader is told where a figure is hidden."""
        return f"{self.hide_from} to {self.hide_to} patients: not shown"

    @property
    def disclosure(self) -> str:
        """What readers are told of all counts of patients in a file."""
        if self.changes_nothing:
            return EXACT
        rounded = [f"others are shown to the nearest {self.round_to}"] if self.round_to > 1 else []
        rounded += [f"what patients cost is shown to the nearest {self.cost_to} pounds"] if self.cost_to > 1 else []
        rates = ", and rates are made of what is shown" if rounded else ""
        return (
            f"Counts of {self.hide_from} to {self.hide_to} patients, and a few from which one could be worked out, are "
            f"not shown{''.join(f'; {said}' for said in rounded)}{rates}.{f' {AT_ODDS}' if rounded else ''}"
        )

    @property
    def protecting_words(self) -> str:
        """What a reader is told where a figure is hidden because another one could be worked out from it."""
        return f"not shown, so that a figure of {self.hide_from} to {self.hide_to} patients can not be worked out"


def active_rule(connection: duckdb.DuckDBPyConnection, build: str, audience: str) -> Rule:
    """The rule that the seed of an attached build database declares active: of the audience, else of all others.

    Raises:
        PcwError: none or several are active.
    """
    rows = connection.execute(
        f"""
        select hide_from, hide_to, round_to, round_cost_to from {quote(build)}.{DEFINITIONS}.suppression_rule
        where is_active and coalesce(nullif(audience, ''), ?) = ?
        qualify rank() over (order by nullif(audience, '') is null) = 1
        """,
        [audience, audience],
    ).fetchall()
    if len(rows) != 1:
        raise PcwError(
            f"{len(rows)} suppression rules are active in the seed suppression_rule for "
            f"{audience}; exactly one must be. Nothing was published."
        )
    return Rule(*rows[0])


def suppress(connection: duckdb.DuckDBPyConnection, build: str, audience: str, rule: Rule) -> int:
    """Hide small patient counts in an attached audience file; returns how many values changed.

    Args:
        build: attached build database, for the definitions.
        audience: attached file, still an exact copy.
        rule: of that audience.
    """
    if rule.changes_nothing:
        return 0
    definitions = f"{quote(build)}.{DEFINITIONS}"
    connection.execute(
        f"create or replace temp table patient_component as "
        f"select component_id from {definitions}.component_definition where is_patient_count"
    )
    main = f"{quote(audience)}.main"
    changed = drop_rows_below_hidden(connection, main, rule, COUNT_OF_COST)
    link(connection, definitions, main)
    protect(connection, rule)
    changed += hide_protected(connection, main, COUNT_OF_COST)
    of_patients = "component_id in (select component_id from patient_component)"
    of_hospitals = f"feed like 'sus%' and issue in (select issue from {definitions}.data_quality_rule where unit"
    of_rows = f"{of_hospitals} in ('rows', 'records'))"
    of_shares = f"{of_hospitals} like 'share%')"
    counts = [(table, "value", of_patients) for table in COMPONENT_TABLES]
    counts += [(QUERY, column, of_rows) for column in QUERY_COUNTS]
    for table, key in COMPONENT_TABLES.items():
        changed += _hide_costs(connection, f"{quote(audience)}.main.{table}", key, rule)
    for column in QUERY_COUNTS:  # 0.0857142857 of some thirty rows is three
        shares = f"update {quote(audience)}.main.{QUERY} set {column} = round({column}, 2)"
        changed += update(connection, f"{shares} where {of_shares} and {column} <> round({column}, 2)")
    for table, column, condition in counts:
        changed += update(
            connection,
            f"update {quote(audience)}.main.{table} set {column} = {rule.shown(column)} "
            f"where {condition} and {column} is distinct from ({rule.shown(column)})",
        )
    changed += update(
        connection,
        f"update {quote(audience)}.main.{RATE} set "
        f"rate = case when row_count >= {RATE_FROM} "
        f"and not round(rate * row_count) between {rule.hide_from} and {rule.hide_to} then round(rate, 2) end, "
        f"row_count = case when row_count >= {RATE_FROM} then round(row_count / 5) * 5 end",
    )
    position = f"{quote(audience)}.main.{POSITION}"
    counted = ", ".join(f"{column} = {rule.shown(column)}" for column in POSITION_COUNTS)
    derived = ", ".join(f"{column} = {expression}" for column, expression in POSITION_DERIVED.items())
    changed += update(connection, f"update {position} set {counted} where {of_patients}")
    update(connection, f"update {position} set {derived} where {of_patients}")
    changed += suppress_evidence(connection, f"{quote(audience)}.main", rule)
    changed += _suppress_results(connection, definitions, f"{quote(audience)}.main.{RESULT}", rule)
    changed += suppress_statistics(connection, definitions, f"{quote(audience)}.main", tuple(COUNT_OF_COST))
    changed += suppress_reconciliation(connection, definitions, f"{quote(audience)}.main")
    changed += suppress_projects(connection, f"{quote(audience)}.main", rule)
    changed += suppress_payments(connection, f"{quote(audience)}.main", rule, tuple(COUNT_OF_COST))
    connection.execute("drop table temp.patient_component")
    describe(connection, audience, rule)
    return changed


def _hide_costs(connection: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...], rule: Rule) -> int:
    """Hide costs whose count is about to be hidden, before the counts themselves are, and round the others."""
    pairs = ", ".join(f"({literal(cost)}, {literal(count)})" for cost, count in COUNT_OF_COST.items())
    same = " and ".join(f"costs.{column} is not distinct from counts.{column}" for column in key)
    hidden = update(
        connection,
        f"""
        update {table} as costs set value = null
        from {table} as counts, (values {pairs}) as pairs (cost, counted)
        where costs.component_id = pairs.cost and counts.component_id = pairs.counted and {same}
            and counts.value between {rule.hide_from} and {rule.hide_to}
        """,
    )
    rounded = f"round(value / {rule.cost_to}) * {rule.cost_to}"
    of_costs = f"component_id in ({', '.join(map(literal, COUNT_OF_COST))})"
    return hidden + update(connection, f"update {table} set value = {rounded} where {of_costs} and value <> {rounded}")


def _suppress_results(connection: duckdb.DuckDBPyConnection, definitions: str, results: str, rule: Rule) -> int:
    """Numerators, denominators, rates, and the earlier rates that a row repeats."""
    pairs = ", ".join(f"({literal(cost)}, {literal(count)})" for cost, count in COUNT_OF_COST.items())
    connection.execute(f"""
        create or replace temp table shown_result as
        with counting as (
            select
                indicator_id, version, variant, numerator_component_id, denominator_component_id, pairs.counted,
                numerator_component_id in (select component_id from patient_component) as counts_above,
                coalesce(denominator_component_id in (select component_id from patient_component), false)
                    as counts_below
            from {definitions}.indicator_variant
            left join (values {pairs}) as pairs (cost, counted) on numerator_component_id = pairs.cost
        ),
        counts as (
            select
                numerator_component_id as counted, org_view, org_type, org_code, period_end,
                any_value(numerator) as count_of_cost
            from {results} join counting using (indicator_id, version, variant)
            where numerator_component_id in (select counted from counting)
            group by all
        ),
        exact as (
            select results.rowid as row_id, results.*, counts_above, counts_below, counted is not null as costs_above,
                count_of_cost, above.component_id is not null as is_protecting_above,
                below.component_id is not null as is_protecting_below
            from {results} as results
            join counting using (indicator_id, version, variant)
            left join counts using (counted, org_view, org_type, org_code, period_end)
            left join protected_result as above
                on above.component_id = coalesce(counted, numerator_component_id)
                and above.org_view = results.org_view and above.org_type = results.org_type
                and above.org_code = results.org_code and above.period_end = results.period_end
            left join protected_result as below
                on below.component_id = denominator_component_id
                and below.org_view = results.org_view and below.org_type = results.org_type
                and below.org_code = results.org_code and below.period_end = results.period_end
            where counts_above or counts_below or counted is not null
        ),
        parts as (
            select
                *,
                is_protecting_above or is_protecting_below as is_protecting,
                case
                    when is_protecting_above then null
                    when counts_above then {rule.shown("numerator")}
                    when costs_above then {rule.shown_cost("numerator", "count_of_cost")}
                    else numerator
                end as shown_numerator,
                case
                    when is_protecting_below then null
                    when counts_below then {rule.shown("denominator")}
                    else denominator
                end as shown_denominator
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
            row_id, indicator_id, version, org_view, org_type, org_code, period_end,
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
            or (denominator is not null and shown_denominator is null) as is_hidden,
            is_protecting
        from rated
    """)
    judged = ", ".join(f"{column} = case when not is_hidden then {column} end" for column in JUDGED)
    return update(
        connection,
        f"""
        update {results} as results set
            numerator = shown_result.shown_numerator,
            denominator = shown_result.shown_denominator,
            value = shown_result.shown_value,
            previous_value = shown_result.shown_previous,
            baseline_value = shown_result.shown_baseline,
            {judged},
            state_reason = case
                when is_hidden and is_protecting then concat_ws('; ', state_reason, {literal(rule.protecting_words)})
                when is_hidden then concat_ws('; ', state_reason, {literal(rule.words)})
                else state_reason
            end
        from shown_result
        where results.rowid = shown_result.row_id
        """,
    )
