"""Small patient counts in the benefits of projects and in the payments that follow from results.

Belongs here: how those marts change under a rule. Which rule is active, and every other table, belongs to
`publishing.suppression`, whose temporary tables are read here.
"""

from typing import TYPE_CHECKING

import duckdb

from publishing.tables import literal, update

if TYPE_CHECKING:
    from publishing.suppression import Rule

# Admissions that projects avoided: what is worked out from them is made again from the counts that are shown.
BENEFIT = "project_benefit"
BENEFIT_MONTHS = ("actual_month", "baseline_month")
BENEFIT_COUNTS = (*BENEFIT_MONTHS, "actual_to_date", "baseline_to_date")
# Payments for a band that is hidden with its figure would tell it; rewards are judged on exact values, as bands are.
PAYMENT = "gp_specification_payment"
GAIN_SHARE = "federation_gain_share"


def suppress_projects(connection: duckdb.DuckDBPyConnection, schema: str, rule: "Rule") -> int:
    """Admissions of projects, and what follows from them; a project of a hidden count is not judged either.

    Of a condition of a commissioner with a month of few patients no month is shown, in any project or year: four hidden
    months before a year to date of 30 are four times 7.
    """
    words = literal(rule.words)
    few = " or ".join(f"{count} between {rule.hide_from} and {rule.hide_to}" for count in BENEFIT_COUNTS)
    of_sums = f"coalesce(({few}) and avoided_to_date is not null, false)"
    few_of_month = " or ".join(f"{count} between {rule.hide_from} and {rule.hide_to}" for count in BENEFIT_MONTHS)
    connection.execute(
        "create or replace temp table few_condition as select distinct commissioner_code, condition "
        f"from {schema}.{BENEFIT} where {few_of_month}"
    )
    changed = update(
        connection,
        f"""
        update {schema}.{BENEFIT} set
            {", ".join(f"{count} = {rule.shown(count)}" for count in BENEFIT_COUNTS)},
            state = case when {of_sums} then 'not_visible' else state end,
            state_reason = case when {few} then concat_ws('; ', state_reason, {words}) else state_reason end
        where coalesce(actual_month, baseline_month, actual_to_date) is not null
        """,
    )
    of_few = "(commissioner_code, condition) in (select (commissioner_code, condition) from few_condition)"
    update(
        connection,
        f"""
        update {schema}.{BENEFIT} set
            actual_month = null, baseline_month = null,
            state_reason = case when contains(coalesce(state_reason, ''), {words}) then state_reason
                else concat_ws('; ', state_reason, {words}) end
        where {of_few} and coalesce(actual_month, baseline_month) is not null
        """,
    )
    connection.execute("drop table temp.few_condition")
    is_shown = "state <> 'not_visible'"
    update(
        connection,
        f"""
        update {schema}.{BENEFIT} set
            avoided_to_date = case when {is_shown} then baseline_to_date - actual_to_date end,
            value_to_date = case when {is_shown}
                then round((baseline_to_date - actual_to_date) * planned_value_year / planned_year, 2) end
        """,
    )
    return changed


def suppress_payments(
    connection: duckdb.DuckDBPyConnection, schema: str, rule: "Rule", cost_components: tuple[str, ...]
) -> int:
    """Payments by bands that are not shown any more, and the figures behind rewards of federations."""
    changed = update(
        connection,
        f"""
        update {schema}.{PAYMENT} as payments set
            band = null, rate_per_weighted_patient = null, amount = null, state = 'not_shown',
            state_reason = if(is_protecting, {literal(rule.protecting_words)}, {literal(rule.words)})
        from shown_result
        where payments.band is not null and shown_result.is_hidden and shown_result.org_view = 'as_at'
            and shown_result.org_type = 'practice' and shown_result.org_code = payments.practice_code
            and shown_result.period_end = payments.period_end and shown_result.version = payments.version
            and shown_result.indicator_id = payments.indicator_id
        """,
    )
    counts = "component_id in (select component_id from patient_component)"
    costs = f"component_id in ({', '.join(map(literal, cost_components))})"
    columns = ("baseline", "actual")
    counted = ", ".join(f"{column} = {rule.shown(column)}" for column in columns)
    rounded = ", ".join(f"{column} = round({column} / {rule.cost_to}) * {rule.cost_to}" for column in columns)
    hidden = " or ".join(f"{column} between {rule.hide_from} and {rule.hide_to}" for column in columns)
    # steps of a hidden count would tell it, and so would its reward
    update(
        connection,
        f"""
        update {schema}.{GAIN_SHARE} set
            steps = null, amount = null, state = 'not_shown', state_reason = {literal(rule.words)}
        where {counts} and ({hidden})
        """,
    )
    changed += update(connection, f"update {schema}.{GAIN_SHARE} set {counted} where {counts}")
    changed += update(connection, f"update {schema}.{GAIN_SHARE} set {rounded} where {costs}")
    update(
        connection,
        f"""
        update {schema}.{GAIN_SHARE} set
            reduction_percent = cast(baseline - actual as double) * 100 / nullif(cast(baseline as double), 0)
        where {counts} or {costs}
        """,
    )
    return changed
