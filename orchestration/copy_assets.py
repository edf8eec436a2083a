"""Copies of a release as assets: one for each kind, made once for each release that readers see.

Belongs here: what Dagster shows of them, and when its daemon asks for them. One that cannot be made fails its step
alone: the release stands, and so do the other copies.
"""

import time

import dagster as dg

from orchestration import copying
from orchestration.build_assets import RELEASE
from orchestration.owners import DEFAULT_OWNER, team
from orchestration.resources import Deployment
from pcw.ending import ended_by
from pcw.errors import PcwError
from pcw.home import Home
from pcw.settings import load_settings
from publishing import shelf
from publishing.makers import MAKERS, Maker

ROOM = "copies"
COPIES_TAG = "pcw/copies"
RETRY_SECONDS = 3600.0


class CopyConfig(dg.Config):
    """`again`: make it also where the release has it."""

    again: bool = False


def asset_key(kind: str) -> dg.AssetKey:
    """Key of the asset of a kind."""
    return dg.AssetKey([ROOM, kind])


def _asset(kind: str, maker: Maker) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset_key(kind),
        deps=[RELEASE],
        group_name=ROOM,
        owners=team(DEFAULT_OWNER),
        description=f"Of the current release: {maker.what}",
    )
    def copy_of_release(config: CopyConfig, deployment: Deployment) -> dg.MaterializeResult[None]:
        home, settings = deployment.home, deployment.settings
        release = shelf.current_release(home)
        if release is None:
            raise PcwError(f"There is no release to make the {kind} of. Make one: pcw run")
        maker.make(home, settings, release, config.again)
        place = maker.place(home, settings)
        return dg.MaterializeResult(metadata={"release_id": release.release_id, "place": place})

    return copy_of_release


COPY_ASSETS = [_asset(kind, maker) for kind, maker in MAKERS.items()]
_KIND_OF_STEP = {asset_key(kind).to_python_identifier(): kind for kind in MAKERS}


@dg.failure_hook(required_resource_keys={"deployment"})
def note_failed_copy(context: dg.HookContext) -> None:
    """Whatever stopped it is told, also what nobody foresaw. Not Ctrl-C: who pressed it knows."""
    if ended_by() is None:
        deployment: Deployment = context.resources.deployment
        reason, kind = context.op_exception, _KIND_OF_STEP[context.op.name]
        text = str(reason) if isinstance(reason, PcwError) else f"The {kind}: {type(reason).__name__}: {reason}."
        copying.note_try(deployment.home, kind, text[:2000])


@dg.success_hook(required_resource_keys={"deployment"})
def note_made_copy(context: dg.HookContext) -> None:
    """What failed before is made."""
    deployment: Deployment = context.resources.deployment
    copying.note_try(deployment.home, _KIND_OF_STEP[context.op.name], None)


COPIES_JOB = dg.define_asset_job(
    copying.JOB,
    selection=[asset_key(kind) for kind in MAKERS],
    executor_def=dg.in_process_executor,
    hooks={note_failed_copy, note_made_copy},
    description="Make the copies of the current release that it lacks.",
)


@dg.sensor(
    name="copies_of_release",
    minimum_interval_seconds=60,
    job_name=copying.JOB,
    default_status=dg.DefaultSensorStatus.RUNNING,  # it lands and releases nothing, and readers wait for it
    description="Asks for the copies of PCW_COPIES that the current release lacks.",
)
def copies_of_release(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run each time that readers come to see a release, also for the second time; one that failed, again after an
    hour: a database that was away for a night is loaded in the morning, and its owner was told the first time.
    """
    settings = load_settings()
    home = Home(settings.home).create()
    release, kinds = shelf.current_id(home), copying.lacking(home, settings)
    if release is None:
        return dg.SkipReason("Nothing is released yet.")
    if not kinds:
        return dg.SkipReason("The current release has its copies.")
    # Dagster never starts a second run with the same key: a release that comes back has another moment.
    flipped = (home.published / "current.duckdb").lstat().st_mtime_ns
    base = "|".join([release, str(flipped), *kinds])
    tried = context.instance.get_run_records(filters=dg.RunsFilter(tags={COPIES_TAG: base}))
    if any(not record.dagster_run.is_finished for record in tried):
        return dg.SkipReason("They are being made.")
    newest = max((record.end_time or 0.0 for record in tried), default=0.0)
    if time.time() < newest + RETRY_SECONDS:
        return dg.SkipReason(f"The {' and the '.join(kinds)} could not be made; tried again an hour later.")
    return dg.RunRequest(
        run_key=f"{base}|{newest:.0f}",  # by the last try, not the number of tries: old runs are forgotten
        tags={COPIES_TAG: base},
        asset_selection=[asset_key(kind) for kind in kinds],
    )
