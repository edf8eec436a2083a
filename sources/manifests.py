"""Manifests: what is stored of each submission, and what was said of it since. Reading them all is the ledger.

What is current of them is computed in `ledger`; how one is written belongs in `landing`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pcw.errors import PcwError
from pcw.files import read_json

MANIFEST = "manifest.json"
# Verdicts of gates that were asked again after landing; they stand for those of the manifest.
REGATED = "verdicts.json"
# When a submission was withdrawn, by whom and why; see `sources.withdrawals`.
WITHDRAWN = "withdrawn.json"
RESTORE_IT = "Restore this folder from a backup, or move it out of landing and send its file again."
# What was read of each folder while `remembered` goes on, and what its files were then.
_READ: ContextVar[dict[Path, tuple[tuple[object, ...], "Submission"]] | None] = ContextVar("read", default=None)
# How far a month of a submission may still change.
ActivityStatus = Literal["flex", "freeze", "final", "estimate"]
# A provider and a month: what a file of a scope dataset stands for.
Scope = tuple[str, date]


@dataclass(frozen=True)
class PeriodFacts:
    """What one submission holds for one month: rows and control totals, counted after quarantine."""

    period: date
    rows: int
    practices: int
    control_totals: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class ScopeFacts:
    """A provider-month that one submission stands for, with the rows it has for it: none where nothing happened."""

    provider: str
    period: date
    rows: int
    activity_status: str

    @property
    def scope(self) -> Scope:
        """Which provider-month it is."""
        return self.provider, self.period


@dataclass(frozen=True)
class VersionFacts:
    """What a submission holds of a scope (values of its columns, in order) and version; None: no version is stated.

    `is_summary`: it sums up another report of the scope, which counts before it.
    """

    scope: tuple[str, ...]
    period: date
    version: int | None
    rows: int
    is_summary: bool = False

    @property
    def place(self) -> tuple[tuple[str, ...], int | None, bool]:
        """What rows of one version have in common, whichever file they came in."""
        return self.scope, self.version, self.is_summary


@dataclass(frozen=True)
class Withdrawal:
    """A span in which a submission does not count, because somebody said so; without an end it lasts."""

    withdrawn_at: datetime
    by: str
    reason: str
    reinstated_at: datetime | None = None

    def holds(self, as_at: datetime | None) -> bool:
        """Whether it holds at a moment (now when None)."""
        if as_at is None:
            return self.reinstated_at is None
        return self.withdrawn_at <= as_at and (self.reinstated_at is None or as_at < self.reinstated_at)


@dataclass(frozen=True)
class Submission:
    """One manifest, and what was said of it since.

    `stated` is what the sidecar said of status, protocol and coverage. Datasets that are replaced as a whole have
    neither protocol nor scopes. A month of a scope without a row is in `periods` and has no Parquet file. `files` are
    the bytes and SHA-256 of each file of the folder; manifests of earlier versions have none. `purged` says when, why
    and how the data were removed and only the manifest stayed (`sources.retention`).
    """

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
    protocol: str | None = None
    scopes: tuple[ScopeFacts, ...] = ()
    stated: dict[str, Any] = field(default_factory=dict)
    versions: tuple[VersionFacts, ...] = ()
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    purged: dict[str, Any] | None = None
    withdrawals: tuple[Withdrawal, ...] = ()

    @property
    def is_gone(self) -> bool:
        """Whether it was purged while it was current, and so counts as never received."""
        return self.purged is not None and bool(self.purged["was_current"])

    def withdrawal(self, as_at: datetime | None = None) -> Withdrawal | None:
        """The withdrawal that holds at a moment (now when None)."""
        return next((span for span in self.withdrawals if span.holds(as_at)), None)

    def to_json(self) -> dict[str, Any]:
        """Plain values for manifest.json; dates in ISO form, amounts as text. What was said since is not in it."""
        values = asdict(replace(self, withdrawals=()))
        del values["withdrawals"]
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
        values["scopes"] = [{**asdict(facts), "period": facts.period.isoformat()} for facts in self.scopes]
        values["versions"] = [{**asdict(facts), "period": facts.period.isoformat()} for facts in self.versions]
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Submission":
        """The submission of a manifest; one of an earlier version has neither scopes nor versions."""
        periods = tuple(
            PeriodFacts(
                date.fromisoformat(facts["period"]),
                facts["rows"],
                facts["practices"],
                {name: Decimal(total) for name, total in facts["control_totals"].items()},
            )
            for facts in values["periods"]
        )
        scopes = tuple(
            ScopeFacts(facts["provider"], date.fromisoformat(facts["period"]), facts["rows"], facts["activity_status"])
            for facts in values.get("scopes", ())
        )
        versions = tuple(
            VersionFacts(
                tuple(facts["scope"]),
                date.fromisoformat(facts["period"]),
                facts["version"],
                facts["rows"],
                facts.get("is_summary", False),
            )
            for facts in values.get("versions", ())
        )
        return cls(
            **{
                **values,
                "scopes": scopes,
                "versions": versions,
                "members": tuple(values["members"]),
                "quarantine_examples": tuple(values["quarantine_examples"]),
                "periods": periods,
                "received_at": datetime.fromisoformat(values["received_at"]),
                "landed_at": datetime.fromisoformat(values["landed_at"]),
                "verdicts": tuple(values["verdicts"]),
                "files": {name: (size, sha256) for name, (size, sha256) in values.get("files", {}).items()},
            }
        )


def read_submissions(landing: Path) -> list[Submission]:
    """Every submission ever landed, ordered by dataset and id.

    Raises:
        PcwError: a manifest that cannot be read or is gone, named.
    """
    return [read_submission(folder) for folder in submission_folders(landing)]


def readable_submissions(landing: Path) -> list[Submission]:
    """The submissions whose manifest can be read; whoever looks after landing names the others."""
    found = []
    for folder in submission_folders(landing):
        with suppress(PcwError):
            found.append(read_submission(folder))
    return found


def submission_folders(landing: Path) -> list[Path]:
    """The folder of every submission, ordered by dataset and id."""
    return sorted(path for path in landing.glob("[!.]*/[!.]*") if path.is_dir())


@contextmanager
def remembered() -> Iterator[None]:
    """Parse no manifest twice that did not change: each file that lands is held against all that landed before it."""
    token = _READ.set({})
    try:
        yield
    finally:
        _READ.reset(token)


def read_submission(folder: Path) -> Submission:
    """The submission of one folder.

    Raises:
        PcwError: its manifest cannot be read or is gone: landing renames whole folders, so none is ever without.
    """
    known = _READ.get()
    if known is None:
        return _read(folder)
    state = tuple(_state(f"{folder}/{name}") for name in (MANIFEST, REGATED, WITHDRAWN))
    found = known.get(folder)
    if found is None or found[0] != state:
        known[folder] = found = state, _read(folder)
    return found[1]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _read(folder: Path) -> Submission:
    path = folder / MANIFEST
    if not path.exists():
        raise PcwError(f"{folder} has no {MANIFEST}, so nobody can tell what it holds. {RESTORE_IT}")
    try:
        values = read_json(path)
        if (regated := path.with_name(REGATED)).exists():
            values |= read_json(regated)
        submission = Submission.from_json(values)
        if (withdrawn := path.with_name(WITHDRAWN)).exists():
            submission = replace(submission, withdrawals=withdrawals_from_json(read_json(withdrawn)))
        return submission
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PcwError(f"Manifest {path} is damaged: {error!r}. {RESTORE_IT}") from error


def withdrawals_from_json(stored: Sequence[Mapping[str, Any]]) -> tuple[Withdrawal, ...]:
    """The spans of a withdrawn.json, oldest first."""
    return tuple(
        Withdrawal(
            datetime.fromisoformat(span["withdrawn_at"]),
            span["by"],
            span["reason"],
            datetime.fromisoformat(span["reinstated_at"]) if span["reinstated_at"] else None,
        )
        for span in stored
    )


def parquet_files(landing: Path, submission: Submission, period: date) -> list[str]:
    """Parquet files of one submission and period."""
    folder = landing / submission.dataset / submission.submission_id / f"period={period.isoformat()}"
    return [str(path) for path in sorted(folder.glob("*.parquet"))]
