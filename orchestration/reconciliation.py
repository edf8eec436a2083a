"""An asset for each reconciliation of the seed: how many figures agree with what is published of them.

Belongs here: what the UI shows of the mart `indicator_reconciliation`. Does not belong here: what is compared and how
far apart it may be (the seed `reconciliation`), and who is asked (`data_quality_query`). Nothing waits for these
assets: a difference is told, and stops no release.
"""

import csv
from collections.abc import Iterator
from functools import cache

import dagster as dg
import duckdb

from dbt_project.kept import assert_built
from orchestration.dbt_assets import ROOM
from orchestration.owners import team
from orchestration.resources import WAREHOUSE_POOL, Deployment

MART = dg.AssetKey(["main", "indicator_reconciliation"])
_SUMMARY = """
    select
        reconciliation_id, count(*) as rows,
        count(*) filter (state in ('agrees', 'differs')) as compared,
        count(*) filter (state = 'differs') as differing,
        count(*) filter (awaiting_side = 'computed') as awaiting_computed,
        count(*) filter (awaiting_side = 'published') as awaiting_published,
        count(*) filter (state = 'not_compared') as not_compared,
        max(period_end) filter (state in ('agrees', 'differs')) as newest,
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
        ) filter (state = 'differs') as worst
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


@dg.multi_asset(name="reconciliations", specs=reconciliation_specs(), pool=WAREHOUSE_POOL, can_subset=True)
def reconciliations(context: dg.AssetExecutionContext, deployment: Deployment) -> Iterator[dg.MaterializeResult[None]]:
    """What came of each, in one step: a question to the build database that takes no time."""
    assert_built(deployment.warehouse, ["indicators"])
    with duckdb.connect(str(deployment.warehouse), read_only=True) as connection:
        rows = connection.execute(_SUMMARY).fetchall()
        names = [column[0].replace("_", " ") for column in connection.description or []]
    found = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in rows}
    for key in sorted(context.selected_asset_keys):
        facts = found.get(key.path[-1]) or dict.fromkeys(names[1:], 0) | {"newest": None, "worst": None}
        facts["newest"] = str(facts["newest"] or "nothing was compared yet")
        facts["worst"] = facts["worst"] or "none differs"
        if facts["differing"]:
            context.log.warning(f"{key.path[-1]}: {facts['differing']} differ, the furthest {facts['worst']}.")
        yield dg.MaterializeResult(asset_key=key, metadata=facts)
