"""The indicators as semantic models and metrics of dbt (MetricFlow), for tools that ask metrics by name.

Belongs here: how a definition becomes a metric. A metric is the sum of numerators over the sum of denominators of the
rows of one level, times the multiplier: what `indicator_result` shows for each organisation. Periods overlap (a rolling
year each month), so that a metric has a meaning within one period alone: group it by `metric_time`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from publishing.tables import columns_of

NAME = "semantic.yml"
MODEL = "indicator_result"
LEVELS = {"": "commissioner", "_by_practice": "practice"}
# Of several commissioners, where a roll-up of all of them is wanted (PCW_COMMISSIONER).
TOGETHER = {"_of_all": "system"}
OF_LEVEL = {
    "commissioner": "the commissioner",
    "practice": "each practice: group by result__org_code",
    "system": "all commissioners together",
}
NAMED = {"commissioner": "", "practice": " by practice", "system": " of all"}
HEAD = """\
# Indicators of release {release_id} as metrics of dbt (MetricFlow). Put it into the models of a dbt project that has
# a model indicator_result (select * from that table of this release) and a time spine. Group every metric by
# metric_time and result__org_code: periods overlap, so that figures of several periods cannot be added, and of several
# commissioners or practices each has its own.
"""
READS = {"indicator_id", "version", "name", "unit", "multiplier", "denominator_label", "rationale", "valid_from"}
DIMENSIONS = ("indicator_id", "version", "variant", "org_view", "org_type", "org_code", "state", "band", "rag")


@dataclass(frozen=True)
class Definition:
    """What of an indicator makes a metric: the newest version in force."""

    indicator_id: str
    name: str
    unit: str
    multiplier: Decimal
    has_denominator: bool
    rationale: str | None

    @property
    def metric(self) -> str:
        """Name of its metric: small letters, digits and single underscores."""
        return re.sub(r"[^a-z0-9]+", "_", self.indicator_id.lower()).strip("_")


def definitions(connection: duckdb.DuckDBPyConnection, catalog: str) -> list[Definition]:
    """The newest version of each indicator; none where the audience does not get all that a metric is made of."""
    if not {column.name for column in columns_of(connection, catalog).get("indicator", ())} >= READS:
        return []
    found = connection.execute(
        f"""
        select indicator_id, name, unit, multiplier, denominator_label is not null, rationale
        from {catalog}.main.indicator
        qualify row_number() over (partition by indicator_id order by valid_from desc nulls last, version desc) = 1
        order by indicator_id
        """
    )
    return [Definition(*row) for row in found.fetchall()]


def has_roll_up(connection: duckdb.DuckDBPyConnection, catalog: str) -> bool:
    """Whether the release has results of all commissioners together."""
    found = connection.execute(
        f"select count(*) > 0 from {catalog}.main.indicator_result where org_type = 'system'"
    ).fetchall()
    return bool(found[0][0])


def as_yaml(known: Sequence[Definition], release_id: str, *, with_roll_up: bool) -> str:
    """The file; `with_roll_up`: with metrics of all commissioners together."""
    import yaml

    levels = LEVELS | (TOGETHER if with_roll_up else {})
    metrics = [_metric(one, suffix, level) for one in known for suffix, level in levels.items()]
    whole = {"semantic_models": [_model(known)], "metrics": metrics}
    body = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True, width=110)
    return HEAD.format(release_id=release_id) + body


def _model(known: Sequence[Definition]) -> dict[str, Any]:
    scaled = sorted({one.multiplier for one in known})
    # Where the numerator is hidden its denominator counts neither.
    shown = "case when numerator is not null then denominator end"
    measures = [("denominator", shown), *((_scaled(by), f"numerator * {_number(by)}") for by in scaled)]
    key = "indicator_id || '|' || version || '|' || variant || '|' || org_view || '|' || org_type || '|' || org_code"
    return {
        "name": MODEL,
        "description": "One row per indicator, version, variant, organisation and period end.",
        "model": f"ref('{MODEL}')",
        "defaults": {"agg_time_dimension": "period_end"},
        "entities": [{"name": "result", "type": "primary", "expr": f"{key} || '|' || cast(period_end as varchar)"}],
        "dimensions": [
            {"name": "period_end", "type": "time", "type_params": {"time_granularity": "day"}},
            *({"name": name, "type": "categorical"} for name in DIMENSIONS),
            {"name": "is_headline", "type": "categorical"},
        ],
        "measures": [{"name": name, "agg": "sum", "expr": expr, "create_metric": True} for name, expr in measures],
    }


def _metric(one: Definition, suffix: str, level: str) -> dict[str, Any]:
    rows = " and ".join(
        [
            f"{_dimension('indicator_id')} = '{one.indicator_id}'",
            f"{_dimension('org_type')} = '{level}'",
            f"{_dimension('org_view')} = 'as_at'",
            f"{_dimension('is_headline')}",
        ]
    )
    numerator = {"name": _scaled(one.multiplier), "filter": rows}
    said = {
        "name": one.metric + suffix,
        "label": f"{one.name}{NAMED[level]}",
        "description": f"{one.unit}, of {OF_LEVEL[level]}. {one.rationale or ''}".strip(),
    }
    if one.has_denominator:
        inputs = {"numerator": numerator, "denominator": {"name": "denominator", "filter": rows}}
        return said | {"type": "ratio", "type_params": inputs}
    return said | {"type": "derived", "type_params": {"expr": _scaled(one.multiplier), "metrics": [numerator]}}


def _scaled(by: Decimal) -> str:
    return "numerator" if by == 1 else f"numerator_times_{_number(by)}".replace(".", "_")


def _number(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _dimension(name: str) -> str:
    return f"{{{{ Dimension('result__{name}') }}}}"
