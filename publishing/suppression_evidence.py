"""Small patient counts in savings that were made from activity and in positions of block contracts.

Belongs here: how those two marts change under a rule. Which rule is active belongs to `publishing.suppression`.
"""

from typing import TYPE_CHECKING

import duckdb

from publishing.tables import literal, update

if TYPE_CHECKING:
    from publishing.suppression import Rule

# Savings that were made from counts of patients have a price of one: they are shown in steps of what five cost.
EVIDENCE = "cres_evidence"
# Amounts outside the tolerances of a block contract are worked out again from the count that is shown.
TOLERANCE = "contract_tolerance"
TOLERANCE_LIMITS = "plan_ytd * (1 + tolerance_upper)", "plan_ytd * (1 - tolerance_lower)"


def suppress_evidence(connection: duckdb.DuckDBPyConnection, schema: str, rule: "Rule") -> int:
    """Savings of activity and positions of block contracts; a hidden one is not judged either."""
    counts = ("patient_count", "baseline_patient_count")
    few = " or ".join(f"{count} between {rule.hide_from} and {rule.hide_to}" for count in counts)
    hidden = f"coalesce({few}, false)"
    step = f"greatest({rule.cost_to}, {rule.round_to} * unit_price)"
    evidenced = f"case when not {hidden} then round(evidenced / {step}) * {step} end"
    words = literal(rule.words)
    changed = update(
        connection,
        f"""
        update {schema}.{EVIDENCE} set
            {", ".join(f"{count} = {rule.shown(count)}" for count in counts)},
            evidenced = {evidenced},
            difference = claimed - {evidenced},
            state = case when {hidden} then 'not_visible' else state end,
            state_reason = case when {hidden} then {words} else state_reason end
        where unit_price is not null
        """,
    )
    upper, lower = TOLERANCE_LIMITS
    shown = rule.shown("actual_ytd")
    changed += update(
        connection,
        f"""
        update {schema}.{TOLERANCE} set
            actual_ytd = {shown},
            state_reason = case when {shown} is null then {words} else state_reason end
        where actual_ytd is not null
        """,
    )
    outside = f"actual_ytd - least(greatest(actual_ytd, {lower}), {upper})"
    update(
        connection,
        f"""
        update {schema}.{TOLERANCE} set
            share = cast(actual_ytd as double) / nullif(cast(plan_ytd as double), 0) - 1,
            position = case
                when actual_ytd > {upper} then 'above' when actual_ytd < {lower} then 'below'
                when actual_ytd is not null then 'within' when state_reason <> {words} then position
            end,
            amount = case when actual_ytd is not null then round(({outside}) * unit_price * marginal_rate, 2) end
        """,
    )
    return changed
