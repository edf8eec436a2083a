"""Landing assets: one per contract, one month a run, gates inside, before promotion.

What a gate asks belongs in `expectations`.
"""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration.checks import check_results, check_specs
from orchestration.landing import LandingOutcome, gates_of, land
from orchestration.owners import DEFAULT_OWNER, team
from orchestration.page_batch import file_was_judged
from orchestration.page_links import page_value
from orchestration.partitions import MONTHS, partition_key
from orchestration.quality import small_counts
from orchestration.resources import WAREHOUSE_POOL, Deployment
from pcw.home import Home
from publishing.judgements import discreet
from publishing.quality_pages import UNRECOGNISED as UNRECOGNISED_PAGE
from sources.contracts import Contract, load_contracts
from sources.receipts import moment, month, path_of, receive, waiting_files

UNRECOGNISED = dg.AssetKey(["landing", "unrecognised"])
UNRECOGNISED_CHECK = "is_a_known_dataset"


class LandingConfig(dg.Config):
    """Which file to land. Without a path: the files in the inbox that are of this asset's dataset and month.

    Run configurations are stored: NHS numbers in the name are hidden, and `sha256` tells two such files apart.
    """

    path: str | None = None
    sha256: str | None = None
    received_at: str | None = None
    dataset: str | None = None
    period: str | None = None


def landing_key(dataset: str) -> dg.AssetKey:
    """Key of the landing asset of a dataset."""
    return dg.AssetKey(["landing", dataset])


def is_monthly(contract: Contract) -> bool:
    """Registers carry their own dates and have no partitions."""
    return contract.cadence != "register"


def landing_asset(contract: Contract) -> dg.AssetsDefinition:
    """The landing asset of one contract. Not materialised when a gate fails: the previous submission stays in force."""
    key = landing_key(contract.dataset)
    partitions = MONTHS if is_monthly(contract) else None

    @dg.asset(
        key=key,
        group_name=f"landing_{contract.family}",
        description=f"{contract.title}. {contract.description} Supplier: {contract.supplier}.",
        owners=team(contract.owner),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(1) if partitions else None,
        output_required=False,
        check_specs=check_specs(key, gates_of(contract.dataset), partitions),
        kinds={"parquet"},
        pool=WAREHOUSE_POOL,
        tags={"cadence": contract.cadence},
        metadata={
            "contract": f"sources/{contract.family}/{contract.dataset}.yaml",
            "contract_version": contract.version,
        },
    )
    def landing(
        context: dg.AssetExecutionContext, config: LandingConfig, deployment: Deployment
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        partition = context.partition_key if partitions else None
        path = path_of(Path(config.path), config.sha256) if config.path else _waiting(deployment, contract, partition)
        receipt = receive(
            path,
            moment(config.received_at) if config.received_at else None,
            config.dataset,
            month(config.period) if config.period else None,
        )
        settings = deployment.settings
        home = Home(settings.home)
        outcome = land(home, settings, receipt)
        # The file may turn out to be another feed's, and its pages are that one's.
        file_was_judged(home, outcome.dataset, refused=outcome.refusal is not None)
        yield from check_results(
            key,
            gates_of(contract.dataset),
            outcome.verdicts,
            settings,
            owner=contract.owner,
            dataset=outcome.dataset or UNRECOGNISED_PAGE,
        )
        if outcome.refusal is not None:
            raise dg.Failure(description=_refused(outcome), metadata={"file": receipt.name, "sha256": receipt.sha256})
        for other in outcome.periods:
            shown = partition_key(other)
            if partition not in (None, shown) and MONTHS.has_partition_key(shown):  # not a month still to come
                context.log_event(dg.AssetMaterialization(key, partition=shown))
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(outcome))

    return landing


def _waiting(deployment: Deployment, contract: Contract, partition: str | None) -> Path:
    from orchestration.peeking import peek

    for path in waiting_files(deployment.home.inbox):
        seen = peek(receive(path, None))
        if seen.dataset == contract.dataset and (partition is None or seen.partition == partition):
            return path
    wanted = f"{contract.dataset} {partition[:7]}" if partition else contract.dataset
    raise dg.Failure(
        f"No file of {wanted} waits in {deployment.home.inbox}. Put it there, or give its path in the configuration."
    )


def _refused(outcome: LandingOutcome) -> str:
    """Why it was refused, as far as it is told to who opens the UI."""
    assert outcome.refusal is not None
    said = outcome.refusal.message
    for verdict in outcome.verdicts:
        said = said.replace(verdict.message, discreet(verdict, small_counts()).message)
    return said


def _metadata(outcome: LandingOutcome) -> dict[str, dg.MetadataValue | str | int]:
    submission = outcome.submission
    assert submission is not None
    totals = {
        f"{facts.period:%Y-%m}": {name: str(total) for name, total in facts.control_totals.items()}
        for facts in submission.periods
    }
    shown = (discreet(verdict, small_counts()) for verdict in outcome.verdicts)
    minded = [(verdict.severity, verdict.message) for verdict in shown if verdict.is_minded]
    return {
        "file": submission.file_name,
        "sha256": submission.file_sha256,
        "submission_id": submission.submission_id,
        "layout": submission.layout,
        "dagster/row_count": submission.rows_accepted,
        "rows read": submission.rows_read,
        "rows quarantined": submission.rows_quarantined,
        "received at": submission.received_at.isoformat(),
        "warnings": dg.MetadataValue.json(minded),
        "control totals": dg.MetadataValue.json(totals),
    }


@dg.asset(
    key=UNRECOGNISED,
    group_name="landing",
    description="Files that fit no contract. Each run refuses one file and says what it looks like.",
    owners=team(DEFAULT_OWNER),
    pool=WAREHOUSE_POOL,
    output_required=False,
    check_specs=[dg.AssetCheckSpec(UNRECOGNISED_CHECK, asset=UNRECOGNISED, blocking=True)],
)
def unrecognised(config: LandingConfig, deployment: Deployment) -> Iterator[dg.AssetCheckResult]:
    """Refuse a file that is of no known dataset, and show it."""
    if config.path is None:
        raise dg.Failure("Give the path of a file in the run configuration.")
    path = path_of(Path(config.path), config.sha256)
    receipt = receive(path, moment(config.received_at) if config.received_at else None, config.dataset)
    outcome = land(deployment.home, deployment.settings, receipt)
    refusal = outcome.refusal
    file_was_judged(deployment.home, outcome.dataset, refused=refusal is not None)
    yield dg.AssetCheckResult(
        asset_key=UNRECOGNISED,
        check_name=UNRECOGNISED_CHECK,
        passed=refusal is None,
        # A first look may fail where the whole reading does not: then it is landed all the same.
        description=_refused(outcome) if refusal else f"File {receipt.name} was landed as {outcome.dataset}.",
        metadata={
            "file": receipt.name,
            "sha256": receipt.sha256,
            "page": page_value(deployment.settings, "file", outcome.dataset or UNRECOGNISED_PAGE),
        },
    )
    if refusal is not None:
        raise dg.Failure(description=_refused(outcome))


def landing_assets() -> list[dg.AssetsDefinition]:
    """Every landing asset, in the order in which files are landed."""
    return [*(landing_asset(contract) for contract in load_contracts().values()), unrecognised]
