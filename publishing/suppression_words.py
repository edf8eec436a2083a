"""What the description of a column says in a file in which small counts are hidden.

Belongs here: which columns a rule changes, and in which of a few ways. How they are changed belongs to
`publishing.suppression` and the modules beside it. The exact file keeps its descriptions.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import duckdb

from publishing.tables import columns_of, literal, quote

if TYPE_CHECKING:
    from publishing.suppression import Rule

_FIGURES = ("numerator", "denominator", "value", "baseline_value", "previous_value")
# What is hidden of a result with its figure.
JUDGED = ("band", "rag", "trend", "trend_meaning", "spc_variation", "outlier")
_LIMITS = ("benchmark", "alert_lower", "alert_upper", "outlier_lower", "outlier_upper")
_PLACES = ("place", "best_place", "worst_place")
_CHART = ("value", "mean", "average_moving_range", "lower_limit", "upper_limit", "point_flags")
_MADE_OF_COUNTS = ("plan_ytd", "plan_fy", "variance_ytd", "achieved_reduction_ytd")

# Ways in which columns change, by table. A view has the columns of the table that it is made of.
CHANGED: Mapping[str, Mapping[str, Iterable[str]]] = {
    "indicator_result": {"figure": _FIGURES, "judged": JUDGED, "reason": ("state_reason",)},
    "indicator_latest": {"figure": _FIGURES, "judged": JUDGED, "reason": ("state_reason",)},
    "indicator_spc": {"never": _CHART},
    "indicator_comparison": {
        "figure": ("value", "denominator", "peer_median"),
        "limit": _LIMITS,
        "interval": ("ci_lower", "ci_upper"),
        "judged": ("outlier",),
        "place": _PLACES,
        "never": ("spread",),
    },
    "component_value": {"figure": ("value",)},
    "component_provider_value": {"figure": ("value",)},
    "activity_position": {
        "figure": ("actual_month", "actual_ytd", "baseline_ytd", "baseline_fy", *_MADE_OF_COUNTS),
    },
    "cres_evidence": {
        "figure": ("patient_count", "baseline_patient_count", "evidenced", "difference"),
        "state": ("state",),
        "reason": ("state_reason",),
    },
    "contract_tolerance": {
        "figure": ("actual_ytd", "share", "position", "amount"),
        "reason": ("state_reason",),
    },
    "project_benefit": {
        "figure": (
            *("actual_month", "baseline_month", "actual_to_date", "baseline_to_date"),
            *("avoided_to_date", "value_to_date"),
        ),
        "state": ("state",),
        "reason": ("state_reason",),
    },
    "gp_specification_payment": {
        "judged": ("band", "rate_per_weighted_patient", "amount"),
        "state": ("state",),
        "reason": ("state_reason",),
    },
    "federation_gain_share": {
        "figure": ("baseline", "actual", "reduction_percent"),
        "judged": ("steps", "amount"),
        "state": ("state",),
        "reason": ("state_reason",),
    },
    "indicator_reconciliation": {
        "figure": ("computed_numerator", "computed_denominator", "computed_value", "difference", "share_of_published"),
        "state": ("state",),
        "reason": ("state_reason",),
    },
    "data_quality_query": {"figure": ("amount", "seen", "expected")},
    "data_quality_rate": {"rate": ("rate", "row_count")},
    "gate_result": {"quoted": ("message", "examples")},
}


def _words(rule: "Rule") -> Mapping[str, str]:
    few = f"{rule.hide_from} to {rule.hide_to}"
    rounded = f"counts of patients are to the nearest {rule.round_to}, " if rule.round_to > 1 else ""
    return {
        "figure": f"{rounded}what patients cost is rounded, and what is made of these is made of them as shown; null "
        f"also where a count of {few} stands behind it or could be worked out, though state is ok.",
        "judged": f"judged on exact counts; null also where a count of {few} is hidden with its figure.",
        "interval": f"null also where a count of {few} is hidden with its figure.",
        "limit": "of counts of patients rounded to the decimals of the indicator; null where a practice that was open "
        f"for part of the period has a count of {few}.",
        "place": f"null also where the count of one of the practices, {few}, is hidden.",
        "never": "null for all that counts patients, for exact counts could be worked out from it.",
        "reason": f"says too where a count of {few} is not shown.",
        "state": f"says too, as not_shown, not_visible or not_compared, where a count of {few} is hidden.",
        "quoted": "without the figures in examples of gates that judge exact counts of patients.",
        "rate": f"rounded; null also where few rows or {few} of them stand behind it.",
    }


def describe(connection: duckdb.DuckDBPyConnection, audience: str, rule: "Rule") -> None:
    """Add to the comment of each column that the rule changes what it is in this attached file."""
    words, held = _words(rule), columns_of(connection, audience)
    for table, ways in CHANGED.items():
        said = {column: words[way] for way, columns in ways.items() for column in columns}
        for column in held.get(table, ()):
            if column.name in said:
                comment = f"{(column.comment or '').rstrip()} In this file: {said[column.name]}".strip()
                connection.execute(
                    f"comment on column {quote(audience)}.main.{quote(table)}.{quote(column.name)} is "
                    f"{literal(comment)}"
                )
