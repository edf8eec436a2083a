"""The jobs that land files, one for each feed: of the whole graph (`build`), and alone for who only lands.

Importing the whole graph takes seconds, most of them for dbt, which no landing needs.
"""

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any

import dagster as dg

from expectations.suites import load_suites
from orchestration.landing_assets import landing_assets
from orchestration.resources import Deployment


def landing_job_name(dataset: str) -> str:
    """Name of the job that lands files of one dataset."""
    return f"land_{dataset}"


def landing_jobs(assets: Sequence[dg.AssetsDefinition]) -> list[Any]:
    """A job for each landing asset, in one process: it holds the lease, and a spawned step costs seconds to start."""
    return [
        dg.define_asset_job(
            landing_job_name(asset.key.path[-1]), selection=[asset], executor_def=dg.in_process_executor,
            description=f"Land one file of {asset.key.path[-1]}: stage, gates 1 and 2, promote or refuse.",
        )
        for asset in assets
    ]  # fmt: skip


@cache
def made_assets() -> list[dg.AssetsDefinition]:
    """Every landing asset, made once."""
    load_suites()
    with warnings.catch_warnings():
        # Partitioned checks are a preview of Dagster and backfill policies a beta; the tests pin how they behave here.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        return landing_assets()


@cache
def landing_defs() -> dg.Definitions:
    """What Dagster must know of the project to land a file, and no more."""
    assets = made_assets()
    return dg.Definitions(assets=assets, jobs=landing_jobs(assets), resources={"deployment": Deployment()})
