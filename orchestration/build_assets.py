"""From landing to a release: feeds, gates 3 and 4, and publishing. Each calls its room; the rules are there."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb

from dbt_project.feeds import (
    Inputs,
    assert_same_inputs,
    prepare_feeds,
    remember_build,
)
from dbt_project.kept import assert_built, keep_verdicts, kept_verdicts
from dbt_project.records import TABLES as RECORD_TABLES
from expectations.gx_engine import opened_once
from expectations.runner import run_suite
from expectations.suites import Suite, declared_checks, load_suites
from expectations.verdict import Verdict
from expectations.waivers import waived
from orchestration import page_mark
from orchestration.checks import check_results, check_specs
from orchestration.dbt_assets import SETS
from orchestration.inputs import read_in_build
from orchestration.landing import FILE_GATE, stored_verdicts
from orchestration.landing_assets import landing_key
from orchestration.last_try import note_release
from orchestration.owners import DEFAULT_OWNER, team
from orchestration.page_guard import spared
from orchestration.quality import known_quality, take_over, write_of_build
from orchestration.regating import regate, ungated
from orchestration.resources import WAREHOUSE_POOL, Deployment
from orchestration.submissions import submissions_of
from publishing.audiences import load_audiences
from publishing.gate_history import verdicts_of
from publishing.gates import RELEASE_STAGE, ReleaseBlocked, required_checks
from publishing.quality_pages import INDEX
from publishing.release import publish
from sources.contracts import load_contracts
from sources.intact import assert_intact

STAGED = dg.AssetKey(["gates", "staged"])
MARTS = dg.AssetKey(["gates", "marts"])
RELEASE = dg.AssetKey(["published", "release"])
WITHHELD = dg.AssetKey(["feed", "withheld"])
CALENDAR = ("submission", "waiver", "data_month", "snapshot_month", "rebuild_month", *RECORD_TABLES)
PUBLISHED_MARTS = (
    "indicator",
    "indicator_register",
    "indicator_threshold",
    "indicator_result",
    "indicator_spc",
    "indicator_comparison",
    "practice_outlier",
    "component",
    "component_value",
    "component_provider_value",
    "activity_position",
    "organisation",
    "practice_month",
    "finance_position",
    "finance_reconciliation",
    "finance_forecast",
    "finance_accrual",
    "cres_scheme",
    "cres_month",
    "cres_position",
    "cres_overlap",
    "owner_notice",
    "cres_evidence",
    "contract_tolerance",
    "rebate_position",
    "drug_charge_challenge",
    "project_benefit",
    "project_milestone_status",
    "gp_specification_payment",
    "pcn_funding",
    "federation_gain_share",
    "provider_performance",
    "indicator_reconciliation",
    "risk",
    "risk_grade_count",
    "cqc_inspection",
    "practice_contract",
    "contract_event",
    "contract_event_coverage",
    "contract_visit_theme",
    "complaint_summary",
)


def suites_of(stage: str) -> list[Suite]:
    """Every suite of a stage that judges the build as a whole."""
    return [suite for suite in load_suites().values() if suite.stage == stage]


@dg.multi_asset(
    pool=WAREHOUSE_POOL,
    name="feeds",
    specs=[
        *(
            dg.AssetSpec(
                ["feed", dataset],
                deps=[landing_key(dataset)],
                group_name="feed",
                owners=team(contract.owner),
                description=f"Current rows of {dataset}.",
            )
            for dataset, contract in load_contracts().items()
        ),
        *(
            dg.AssetSpec(
                ["feed", name],
                group_name="feed",
                owners=team(DEFAULT_OWNER),
                description=f"Ledger of landing: {name}.",
            )
            for name in CALENDAR
        ),
    ],
)
def feeds(context: dg.AssetExecutionContext, deployment: Deployment) -> Iterator[dg.MaterializeResult[None]]:
    """Show current submissions to dbt and say which months must be rebuilt."""
    inputs, submissions = deployment.inputs(), submissions_of(deployment.home)
    assert_intact(deployment.home.landing, read_in_build(inputs))
    for submission in ungated(inputs.judged_submissions()):
        context.log.info(f"Asking today's gates about {submission.file_name}, landed {submission.landed_at:%Y-%m-%d}.")
        regate(deployment.home, deployment.settings, submission, submissions)
    inputs, submissions = deployment.inputs(), submissions_of(deployment.home)
    rebuild = prepare_feeds(deployment.warehouse, inputs, submissions, deployment.settings.memory_limit)
    context.log.info(f"Months to rebuild: {', '.join(f'{month:%Y-%m}' for month in rebuild) or 'none'}.")
    for key in context.selected_asset_keys:
        metadata = {"months": [f"{month:%Y-%m}" for month in rebuild]} if key.path[-1] == "rebuild_month" else {}
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)


def _judge(deployment: Deployment, inputs: Inputs, stage: str) -> list[Verdict]:
    """One verdict per check of the stage, as they count under the waivers in force."""
    parameters = {"commissioner": ",".join(deployment.settings.commissioners.codes)}
    with opened_once(deployment.warehouse) as database:
        verdicts = [
            verdict
            for suite in suites_of(stage)
            for verdict in run_suite(suite, database, suite.relation, parameters=parameters)
        ]
    return waived(verdicts, inputs.waivers)


def _write_pages(deployment: Deployment, *stages: str, audited: Sequence[Verdict] = ()) -> None:
    """The newest pages say how things are now, so a build of an earlier day has none but those of its release."""
    if deployment.as_at is None:
        spared(lambda: write_of_build(deployment.home, stages, datetime.now(UTC), audited))


def _note_try(deployment: Deployment, problem: str | None) -> None:
    """Before the pages, which show it; what stops the step after them is noted by its hook."""
    if deployment.as_at is None:
        note_release(deployment.home, problem)


def _fail_if_blocked(verdicts: Sequence[Verdict], stage: str) -> None:
    failed = [verdict for verdict in verdicts if verdict.severity == "block" and not verdict.passed]
    if failed:
        sentences = " ".join(verdict.message for verdict in failed[:5])
        raise dg.Failure(f"{len(failed)} blocking check(s) of gate {stage} failed; nothing is released. {sentences}")


def gate_staged(upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Gate 3, after the feeds are staged and components computed, before any indicator."""

    @dg.multi_asset(
        pool=WAREHOUSE_POOL,
        name="gate_staged",
        specs=[
            dg.AssetSpec(
                STAGED,
                deps=upstream,
                group_name="gates",
                owners=team(DEFAULT_OWNER),
                description="Gate 3: feeds and components against each other.",
            ),
            dg.AssetSpec(
                WITHHELD,
                deps=upstream,
                group_name="feed",
                owners=team(DEFAULT_OWNER),
                description="Months that a gate withholds.",
            ),
        ],
        check_specs=check_specs(STAGED, suites_of("staged")),
    )
    def gate(deployment: Deployment) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        inputs = deployment.inputs()
        assert_same_inputs(deployment.warehouse, inputs)
        assert_built(deployment.warehouse, ["components"])
        verdicts = _judge(deployment, inputs, "staged")
        keep_verdicts(deployment.warehouse, "staged", [verdict.as_dict() for verdict in verdicts])
        _write_pages(deployment, "staged")
        yield from check_results(STAGED, suites_of("staged"), verdicts, deployment.settings)
        _fail_if_blocked(verdicts, "3 (staged)")
        stored = waived(stored_verdicts(inputs.judged_submissions()), inputs.waivers)
        withheld = write_withheld(deployment.warehouse, [*verdicts, *stored])
        yield dg.MaterializeResult(asset_key=STAGED)
        yield dg.MaterializeResult(asset_key=WITHHELD, metadata={"withheld": withheld})

    return gate


def write_withheld(warehouse: Path, verdicts: Sequence[Verdict]) -> int:
    """Write what failed checks of severity withhold hit into feed.withheld; returns how many rows."""
    rows = sorted(
        {
            (
                entry.dataset or dataset_of(verdict),
                entry.practice_code,
                entry.month,
                entry.reason or verdict.message,
                entry.provider_code,
                entry.treatment_function_code,
            )
            for verdict in verdicts
            if verdict.severity == "withhold" and not verdict.passed
            for entry in verdict.scope
        },
        key=str,
    )
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from feed.withheld")
        if rows:
            connection.executemany(
                "insert into feed.withheld "
                "(dataset, practice_code, month, reason, provider_code, treatment_function_code) "
                "values (?, ?, ?, ?, ?, ?)",
                rows,
            )
    return len(rows)


def dataset_of(verdict: Verdict) -> str:
    """The feed that a withheld check is about: the suite's own name, up to a dot where it has one."""
    return verdict.suite.split(".")[0]


def gate_marts(upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """Gate 4: marts against the feeds they were made from, and against themselves."""

    @dg.multi_asset(
        pool=WAREHOUSE_POOL,
        name="gate_marts",
        specs=[
            dg.AssetSpec(
                MARTS,
                deps=upstream,
                group_name="gates",
                owners=team(DEFAULT_OWNER),
                description="Gate 4: marts reconcile with what was landed.",
            )
        ],
        check_specs=check_specs(MARTS, suites_of("marts")),
    )
    def gate(deployment: Deployment) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        inputs = deployment.inputs()
        assert_same_inputs(deployment.warehouse, inputs)
        assert_built(deployment.warehouse, SETS)
        verdicts = _judge(deployment, inputs, "marts")
        keep_verdicts(deployment.warehouse, "marts", [verdict.as_dict() for verdict in verdicts])
        _write_pages(deployment, "marts")
        yield from check_results(MARTS, suites_of("marts"), verdicts, deployment.settings)
        _fail_if_blocked(verdicts, "4 (marts)")
        yield dg.MaterializeResult(asset_key=MARTS)

    return gate


@dg.multi_asset(
    pool=WAREHOUSE_POOL,
    name="publish",
    specs=[
        dg.AssetSpec(
            RELEASE,
            deps=[STAGED, MARTS, *(dg.AssetKey(["main", mart]) for mart in PUBLISHED_MARTS)],
            group_name="published",
            owners=team(DEFAULT_OWNER),
            description="The audited release that readers open: published/current.duckdb.",
        )
    ],
    check_specs=check_specs(RELEASE, suites_of("release")),
)
def release_asset(deployment: Deployment) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
    """Write, audit and publish; asks for every verdict again, whatever run it came from."""
    inputs = deployment.inputs()
    assert_same_inputs(deployment.warehouse, inputs)
    assert_built(deployment.warehouse, SETS)
    in_force = inputs.judged_submissions()
    verdicts = waived(stored_verdicts(in_force), inputs.waivers)
    build = [Verdict.from_dict(stored) for stored in kept_verdicts(deployment.warehouse)]
    verdicts += [verdict for verdict in build if verdict.stage != RELEASE_STAGE]
    audited: list[Verdict] = []

    def audit(published: Path) -> list[Verdict]:
        for suite in suites_of("release"):
            audited.extend(run_suite(suite, published, suite.relation))
        keep_verdicts(deployment.warehouse, "release", [verdict.as_dict() for verdict in audited])
        return audited

    of_submissions = [
        pair for s in in_force for pair in ((s.dataset, s.submission_id), (FILE_GATE[0], s.submission_id))
    ]
    created_at = datetime.now(UTC)
    moment = deployment.as_at_moment or created_at
    try:
        release = publish(
            deployment.home,
            deployment.warehouse,
            as_at=deployment.as_at_moment,
            created_at=created_at,
            inputs_fingerprint=inputs.fingerprint(),
            verdicts=verdicts,
            required=required_checks(declared_checks(), of_submissions),
            commissioner=deployment.settings.commissioner,
            audit=audit,
            audiences=load_audiences(),
            quality=known_quality(deployment.home, inputs, moment, deployment.as_at_moment),
            memory_limit=deployment.settings.memory_limit,
        )
    except ReleaseBlocked as blocked:
        audited += [v for v in blocked.failed if v.stage == RELEASE_STAGE and v not in audited]
        keep_verdicts(deployment.warehouse, RELEASE_STAGE, [verdict.as_dict() for verdict in audited])
        _note_try(deployment, f"Step publish stopped the release. {blocked}"[:2000])
        _write_pages(deployment, RELEASE_STAGE, audited=audited)
        yield from check_results(RELEASE, suites_of("release"), audited, deployment.settings)
        raise dg.Failure(str(blocked)) from blocked
    remember_build(deployment.warehouse, inputs)
    if not audited:  # a release that exists already is opened again all the same: a gate is asked in every run
        audit(release.path)
    # Of files of audiences too: what a blocked try said of them is put right, and its alert goes.
    names = {audience.name for audience in load_audiences()}
    of_audiences = [v for v in verdicts_of(release) if v.stage == RELEASE_STAGE and v.suite in names]
    keep_verdicts(deployment.warehouse, RELEASE_STAGE, [v.as_dict() for v in (*audited, *of_audiences)])
    _note_try(deployment, None)
    if release.is_new and deployment.as_at is None:
        spared(lambda: take_over(deployment.home, release, datetime.now(UTC)))
    elif deployment.as_at is None and page_mark.lags(deployment.home):
        page_mark.keep_up(deployment.home)
    else:
        _write_pages(deployment, "staged", "marts", "release")
    yield from check_results(RELEASE, suites_of("release"), audited, deployment.settings)
    yield dg.MaterializeResult(
        asset_key=RELEASE,
        metadata={
            "release_id": release.release_id,
            "content hash": release.content_hash,
            "new": release.is_new,
            "current": release.is_current,
            "file": str(release.path),
            "pages of its day": dg.MetadataValue.path(release.path.parent / "quality" / INDEX),
            "message": release.message,
        },
    )
