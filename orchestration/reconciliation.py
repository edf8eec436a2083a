"""An asset for each reconciliation of the seed: how many figures agree with what is published of them.

Belongs here: what the UI shows of the mart `indicator_reconciliation`. Does not belong here: what is compared and how
far apart it may be (the seed `reconciliation`), and who is asked (`data_quality_query`). Nothing waits for these
assets: a difference is told, and stops no release.
"""

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from dbt_project.kept import assert_built
from orchestration.dbt_assets import ROOM
from orchestration.owners import team
from orchestration.resources import WAREHOUSE_POOL, Deployment

MART = dg.AssetKey(["main", "indicator_reconciliation"])
FACTS = (
    "rows", "compared", "differing", "awaiting computed", "awaiting published", "not compared", "newest", "worst",
)  # fmt: skip
_SUMMARY = """
    select
        reconciliation_id, count(*),
        count(*) filter (state in ('agrees', 'differs')),
        count(*) filter (state = 'differs'),
        count(*) filter (awaiting_side = 'computed'),
        count(*) filter (awaiting_side = 'published'),
        count(*) filter (state = 'not_compared'),
        max(period_end) filter (state in ('agrees', 'differs')),
        -- A count of patients is exact here, and analysts open the UI: of it only where it is.
        arg_max(
            concat(
                org_type, ' ', org_code, ' to ', period_end,
                case when not counts_patients
                    then concat(': computed ', round(computed_value::double, 4), ', published ',
                        round(published_value::double, 4))
                end
            ),
            abs(difference) / greatest(tolerance, 0.00000001)
        ) filter (state = 'differs')
    from main.indicator_reconciliation group by reconciliation_id
"""


@cache
def _seed(name: str) -> list[dict[str, str]]:
    with (ROOM / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reconciliation_key(reconciliation_id: str) -> dg.AssetKey:
    """The asset of one reconciliation."""
    return dg.AssetKey(["reconciliation", reconciliation_id])


def reconciliation_specs() -> list[dg.AssetSpec]:
    """One asset for each id of the seed, as its newest row describes it."""
    owners = {rule["issue"]: rule["owner"] for rule in _seed("data_quality_rule")}
    rows = sorted(_seed("reconciliation"), key=lambda row: row["valid_from"])
    newest = {row["reconciliation_id"]: row for row in rows}
    return [
        dg.AssetSpec(
            reconciliation_key(name),
            deps=[MART],
            group_name="reconciliation",
            owners=team(owners[row["issue"]]),
            description=(
                f"{row['name']}, computed here and published ({row['counterpart']}): rows of "
                f"main.indicator_reconciliation. {row['source']}. {row['tolerance_basis']}."
            ),
        )
        for name, row in newest.items()
    ]


def summaries(warehouse: Path) -> dict[str, dict[str, Any]]:
    """What the mart of a build database says of each reconciliation of which a side is known, as metadata."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(_SUMMARY).fetchall()
    return {name: _told(dict(zip(FACTS, facts, strict=True))) for name, *facts in rows}


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {
        "newest": str(facts["newest"] or "nothing was compared yet"),
        "worst": facts["worst"] or "none differs",
    }


# Before gate 4, which waits for the same models: what differs is seen also where the gate stops the release.
_FIRST = {"dagster/priority": "1"}


@dg.multi_asset(
    name="reconciliations", specs=reconciliation_specs(), pool=WAREHOUSE_POOL, can_subset=True, op_tags=_FIRST
)
def reconciliations(context: dg.AssetExecutionContext, deployment: Deployment) -> Iterator[dg.MaterializeResult[None]]:
    """What came of each, in one step: a question to the build database that takes no time."""
    assert_built(deployment.warehouse, ["indicators"])
    found = summaries(deployment.warehouse)
    for key in sorted(context.selected_asset_keys):
        facts = found.get(key.path[-1]) or _told(dict.fromkeys(FACTS[:-2], 0) | {"newest": None, "worst": None})
        if facts["differing"]:
            context.log.warning(f"{key.path[-1]}: {facts['differing']} differ, the furthest {facts['worst']}.")
        yield dg.MaterializeResult(asset_key=key, metadata=facts)
