"""The committee's papers as an asset: written once for each release that readers see.

Belongs here: when they are written, and what Dagster shows of them. A paper that cannot be written fails this run
alone: the release stands.
"""

from datetime import datetime

import dagster as dg

from orchestration.build_assets import RELEASE
from orchestration.owners import DEFAULT_OWNER, team
from orchestration.resources import Deployment
from pcw.home import Home
from pcw.settings import load_settings
from publishing import shelf

REPORT = dg.AssetKey(["reports", "committee"])


class ReportConfig(dg.Config):
    """`period`: last month, like 2017-06; without it the newest quarter that ended."""

    period: str | None = None


@dg.asset(
    key=REPORT,
    deps=[RELEASE],
    group_name="reports",
    owners=team(DEFAULT_OWNER),
    description="The committee's report of the current release: HTML, PDF, Word and Excel below reports/committee.",
)
def committee_papers(config: ReportConfig, deployment: Deployment) -> dg.MaterializeResult[None]:
    """Write the papers of the current release; where they are is in the metadata."""
    from publishing.reports.making import make_reports, release_of

    home, settings = deployment.home, deployment.settings
    period = datetime.strptime(config.period, "%Y-%m").date() if config.period else None
    made = make_reports(release_of(home).path, settings.narrative, home.reports / "committee", period=period)
    return dg.MaterializeResult(
        metadata={
            "release_id": made.release_id,
            "period": f"{made.period:%Y-%m}",
            "files": [str(file) for file in made.files],
            "texts that no slot has": [str(file) for file in made.ignored],
        }
    )


REPORT_JOB = dg.define_asset_job(
    "report",
    selection=[REPORT],
    executor_def=dg.in_process_executor,
    description="Write the committee's papers of the current release.",
)


@dg.sensor(
    name="report_of_release",
    minimum_interval_seconds=60,
    job_name="report",
    description="Asks for the committee's papers once for each release that readers see.",
)
def report_of_release() -> dg.RunRequest | dg.SkipReason:
    """One run for each release; a run that failed is started by hand when its cause is mended."""
    release = shelf.current_id(Home(load_settings().home).create())
    if release is None:
        return dg.SkipReason("Nothing is released yet.")
    return dg.RunRequest(run_key=release)
