"""Copies of a release as assets: one for each kind, made once for each release that readers see.

Belongs here: what Dagster shows of them, and when its daemon asks for them. One that cannot be made fails its step
alone: the release stands, and so do the other copies.
"""

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
    description="Asks for the copies of PCW_COPIES that the current release lacks.",
)
def copies_of_release() -> dg.RunRequest | dg.SkipReason:
    """One run each time that readers come to see a release, also for the second time. One that failed is tried by
    `pcw run`, or started by hand.
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
    return dg.RunRequest(
        run_key="|".join([release, str(flipped), *kinds]), asset_selection=[asset_key(kind) for kind in kinds]
    )
