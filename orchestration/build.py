"""The one assembler: CLI, UI and tests get the same graph from `build_defs`.

Implementations belong in the other modules.
"""

from functools import cache

import dagster as dg

from orchestration import copy_assets, report_assets, retention, sensors
from orchestration.build_assets import feeds, gate_marts, gate_staged, release_asset
from orchestration.dbt_assets import ROOM, SETS, set_assets
from orchestration.dbt_program import DBT, DbtProgram
from orchestration.landing_jobs import landing_jobs, made_assets
from orchestration.reconciliation import reconciliations
from orchestration.resources import Deployment
from orchestration.telling import note_failed_release, note_released

RELEASE_JOB = "release"


@cache
def _build_assets() -> list[dg.AssetsDefinition]:
    components, indicators = (set_assets(name) for name in SETS)
    staged = gate_staged(sorted(components.keys))
    marts = gate_marts(sorted(indicators.keys | components.keys))
    return [feeds, components, staged, indicators, reconciliations, marts, release_asset]


def build_defs(as_at: str | None = None) -> dg.Definitions:
    """Everything that Dagster knows of the project.

    Args:
        as_at: time in ISO form; the release job then uses only what was received by then, and builds apart.
    """
    landing, build = made_assets(), _build_assets()
    # One process: steps of a job that writes the warehouse share its lease, and a spawned step costs seconds to start.
    # The lease itself is a file lock, so that a run from the shell and one from the UI keep apart too.
    jobs = landing_jobs(landing)
    release = dg.define_asset_job(
        RELEASE_JOB,
        selection=dg.AssetSelection.assets(*build),
        executor_def=dg.in_process_executor,
        description="Build the changed months, ask gates 3 to 5 and publish.",
        # A retry from the failed step would go on with feeds that were prepared before.
        tags={"dagster/retry_strategy": "ALL_STEPS"},
        hooks={note_failed_release, note_released},
    )
    return dg.Definitions(
        assets=[*landing, *build, sensors.expected, report_assets.committee_papers, *copy_assets.COPY_ASSETS],
        jobs=[
            *jobs,
            release,
            report_assets.REPORT_JOB,
            copy_assets.COPIES_JOB,
            sensors.expected_job,
            retention.forget_runs,
        ],
        sensors=[
            sensors.drop_folder_sensor(jobs),
            sensors.changed_inputs,
            report_assets.report_of_release,
            copy_assets.copies_of_release,
            sensors.tell_after_success,
            sensors.tell_after_failure,
        ],
        schedules=[sensors.expected_schedule, retention.every_night],
        resources={
            "deployment": Deployment(as_at=as_at),
            "dbt": DbtProgram(project_dir=str(ROOM), profiles_dir=str(ROOM), dbt_executable=DBT),
        },
    )
