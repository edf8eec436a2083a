"""The committee's papers as an asset: written once for each release that readers see.

Belongs here: when they are written, and what Dagster shows of them. A paper that cannot be written fails this run
alone: the release stands.
"""

import dagster as dg

from orchestration.build_assets import RELEASE
from orchestration.owners import DEFAULT_OWNER, team
from orchestration.resources import Deployment
from pcw.home import Home
from pcw.settings import load_settings
from publishing import shelf
from sources.sidecars import month

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
    period = month(config.period) if config.period else None
    made = make_reports(release_of(home).path, settings.narrative, home.reports / "committee", period=period)
    return dg.MaterializeResult(
        metadata={
            "release_id": made.release_id,
            "period": f"{made.period:%Y-%m}",
            "files": [str(file) for file in made.files],
            "to mind": list(made.warnings),
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
    description="Asks for the committee's papers when those that lie there are of another release.",
)
def report_of_release() -> dg.RunRequest | dg.SkipReason:
    """One run for each release that readers come to see, also by a rollback. One that failed is started by hand."""
    from publishing.reports.making import releases_told

    home = Home(load_settings().home).create()
    release = shelf.current_id(home)
    if release is None:
        return dg.SkipReason("Nothing is released yet.")
    told = releases_told(home.reports / "committee")
    if release in told:
        return dg.SkipReason("The papers are of the current release.")
    return dg.RunRequest(run_key="|".join([release, *sorted(told)]))
