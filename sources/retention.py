"""Retention: the rows and bytes of a submission are removed, its manifest stays as a tombstone.

What may be removed and how belongs here; who asks belongs in `orchestration`. Releases and backups that were made
before keep what they hold.
"""

import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pcw.errors import PcwError
from pcw.files import fsync_dir, write_atomically
from pcw.home import Home
from sources.contracts import Contract
from sources.intact import OWN, folder_of
from sources.ledger import current
from sources.manifests import MANIFEST, Submission


@dataclass(frozen=True)
class Plan:
    """What a purge would remove, and what it leaves because it is current."""

    purge: tuple[Submission, ...]
    kept: tuple[Submission, ...]
    current: frozenset[str]


def plan(
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
    dataset: str,
    received_before: datetime,
    *,
    with_current: bool,
) -> Plan:
    """What of a dataset was received before a moment and may go.

    Of a dataset that is replaced as a whole, what is superseded. Where earlier versions count too (drift of hospital
    activity, vintages of finance) or all files of a month count together (searches that were run again) every
    submission is current, because every build reads it.

    Raises:
        PcwError: nobody knows the dataset.
    """
    if dataset not in contracts:
        raise PcwError(f"There is no dataset {dataset}. Known: {', '.join(contracts)}.")
    contract = contracts[dataset]
    own = [s for s in submissions if s.dataset == dataset and s.purged is None]
    if contract.scoped is None and not contract.counts_together:
        in_force = current(own, {dataset: contract})[dataset].values()
        needed = frozenset(s.submission_id for held in in_force for s in held)
    else:
        needed = frozenset(s.submission_id for s in own)
    old = [s for s in own if s.received_at < received_before]
    purge = tuple(s for s in old if with_current or s.submission_id not in needed)
    return Plan(purge, tuple(s for s in old if s not in purge), needed)


def purge(home: Home, planned: Plan, *, reason: str, at: datetime) -> None:
    """Do it, under the lock of the caller: first the tombstone, then the data, so that a crash in between leaves a
    submission that is known to be purged (`finish` removes the rest).
    """
    for submission in planned.purge:
        stone = {"at": at.isoformat(), "reason": reason, "was_current": submission.submission_id in planned.current}
        marked = replace(submission, purged=stone)
        folder = folder_of(home.landing, submission)
        write_atomically(folder / MANIFEST, json.dumps(marked.to_json(), indent=1))
        _remove_data(home, submission)


def finish(home: Home, submissions: Collection[Submission]) -> int:
    """Remove what a crash left of purged submissions; returns of how many."""
    left = [s for s in submissions if s.purged is not None and _remove_data(home, s)]
    return len(left)


def _remove_data(home: Home, submission: Submission) -> bool:
    folder = folder_of(home.landing, submission)
    left = [path for path in folder.iterdir() if path.name not in OWN]
    for path in left:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    fsync_dir(folder)
    return bool(left)
