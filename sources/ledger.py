"""The ledger: a view over the manifests. What is current is computed here, never stored.

Order = the contract's version facts, then received_at. Nothing here reads the data files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import read_json
from sources.contracts import Contract

MANIFEST = "manifest.json"
# Verdicts of gates that were asked again after landing; they stand for those of the manifest.
REGATED = "verdicts.json"


@dataclass(frozen=True)
class PeriodFacts:
    """What one submission holds for one month: rows and control totals, counted after quarantine."""

    period: date
    rows: int
    practices: int
    control_totals: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Submission:
    """One manifest. `receipts` are the receipts of the same bytes that brought nothing new: (name, mtime_ns)."""

    dataset: str
    submission_id: str
    contract_version: int
    contract_hash: str
    layout: str
    supplier: str
    file_name: str
    file_sha256: str
    file_bytes: int
    file_mtime_ns: int
    members: tuple[str, ...]
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    quarantine_examples: tuple[str, ...]
    periods: tuple[PeriodFacts, ...]
    version_facts: dict[str, str]
    received_at: datetime
    landed_at: datetime
    activity_status: str
    verdicts: tuple[dict[str, Any], ...]
    suites_hash: str

    def to_json(self) -> dict[str, Any]:
        """Plain values for manifest.json; dates in ISO form, amounts as text."""
        values = asdict(self)
        values["received_at"] = self.received_at.isoformat()
        values["landed_at"] = self.landed_at.isoformat()
        values["periods"] = [
            {
                "period": facts.period.isoformat(),
                "rows": facts.rows,
                "practices": facts.practices,
                "control_totals": {name: str(total) for name, total in facts.control_totals.items()},
            }
            for facts in self.periods
        ]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Submission":
        """The submission of a manifest."""
        periods = tuple(
            PeriodFacts(
                date.fromisoformat(facts["period"]),
                facts["rows"],
                facts["practices"],
                {name: Decimal(total) for name, total in facts["control_totals"].items()},
            )
            for facts in values["periods"]
        )
        return cls(
            **{
                **values,
                "members": tuple(values["members"]),
                "quarantine_examples": tuple(values["quarantine_examples"]),
                "periods": periods,
                "received_at": datetime.fromisoformat(values["received_at"]),
                "landed_at": datetime.fromisoformat(values["landed_at"]),
                "verdicts": tuple(values["verdicts"]),
            }
        )


def read_submissions(landing: Path) -> list[Submission]:
    """Every submission ever landed, ordered by dataset and id.

    Raises:
        PcwError: a manifest that cannot be read, named.
    """
    submissions = []
    for path in sorted(landing.glob(f"[!.]*/[!.]*/{MANIFEST}")):
        try:
            values = read_json(path)
            if (regated := path.with_name(REGATED)).exists():
                values |= read_json(regated)
            submissions.append(Submission.from_json(values))
        except (KeyError, TypeError, ValueError) as error:
            raise PcwError(f"Manifest {path} is damaged: {error!r}. Restore this folder from a backup.") from error
    return submissions


def order_key(submission: Submission, contract: Contract) -> tuple[Any, ...]:
    """Newest last. The hash makes the order total; `landing` refuses two files that would need it."""
    facts = tuple(submission.version_facts.get(name, "") for name in contract.version_order)
    return (*facts, submission.received_at, submission.file_sha256)


def current(
    submissions: Iterable[Submission], contracts: Mapping[str, Contract], as_at: datetime | None = None
) -> dict[str, dict[date, Submission]]:
    """The submission in force for each dataset and period, as known at `as_at` (now when None)."""
    newest: dict[str, dict[date, Submission]] = {dataset: {} for dataset in contracts}
    known = [s for s in submissions if s.dataset in contracts and (as_at is None or s.received_at <= as_at)]
    for submission in sorted(known, key=lambda item: order_key(item, contracts[item.dataset])):
        contract = contracts[submission.dataset]
        if contract.supersession.scope == "dataset":
            newest[submission.dataset] = {}
        for facts in submission.periods:
            newest[submission.dataset][facts.period] = submission
    return newest


def serving_period(contract: Contract, periods: Iterable[date], month: date) -> date | None:
    """The snapshot that serves `month`: the newest not after it and not older than the calendar's interval."""
    interval = contract.interval_at(month)
    if interval is None:
        return None
    earlier = [period for period in periods if period <= month]
    newest = max(earlier, default=None)
    if newest is None:
        return None
    age = (month.year - newest.year) * 12 + month.month - newest.month
    # An older cadence may still be running out: a quarterly list of January serves until March.
    return newest if age < max(interval, 1) or age < (contract.interval_at(newest) or 1) else None


def parquet_files(landing: Path, submission: Submission, period: date) -> list[str]:
    """Parquet files of one submission and period."""
    folder = landing / submission.dataset / submission.submission_id / f"period={period.isoformat()}"
    return [str(path) for path in sorted(folder.glob("*.parquet"))]
