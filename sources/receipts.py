"""Receipts: which files wait, what identifies them, whether they bring anything new.

What is in them belongs in `staging`, what a sidecar states in `sidecars`.
"""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import read_json, sha256_of, write_atomically
from pcw.home import Home
from sources.contracts import Contract
from sources.identifiers import redacted
from sources.ledger import current, extract_text, scopes_in_force, standing
from sources.manifests import Submission
from sources.sidecars import SIDECAR, Cover, read_sidecar
from sources.sidecars import moment as moment
from sources.sidecars import month as month
from sources.upserts import is_overtaken
from sources.versions import would_change_nothing

# The clocks of machines, and what a time without a zone may mean.
CLOCKS = timedelta(days=1)
TAKEN = ".taken-"
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True)
class Receipt:
    """A file that was handed to us, before anything is known about it. `stated` are the terms of its sidecar.

    `path` is where it lies; `name` is what is stored and shown, without NHS numbers.
    """

    path: Path
    name: str
    sha256: str
    byte_count: int
    mtime_ns: int
    received_at: datetime
    dataset: str | None = None
    period: date | None = None
    activity_status: str | None = None
    protocol: str | None = None
    covers: tuple[Cover, ...] = ()
    stated: dict[str, Any] = field(default_factory=dict)


def waiting_files(folder: Path) -> list[Path]:
    """Files of an inbox that are ready to be received, by name; sub-folders and unfinished copies are left alone."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith((SIDECAR, *UNFINISHED))
    )


def receive(
    path: Path, received_at: datetime | None, dataset: str | None = None, period: date | None = None
) -> Receipt:
    """Identify a file by its bytes, with what its sidecar <name>.meta.json states; what is given here goes before it.

    Raises:
        PcwError: the file is gone or unreadable, its sidecar does not fit, or its receipt is yet to come.
    """
    stated, name = read_sidecar(path), redacted(path.name)
    moment_of_receipt = received_at or stated.received_at or datetime.now(UTC)
    if moment_of_receipt > datetime.now(UTC) + CLOCKS:
        raise PcwError(
            f"File {name} is stated to be received at {moment_of_receipt:%Y-%m-%d %H:%M}, which is yet to come. "
            "Correct --received-at or received_at in its sidecar."
        )
    try:
        facts = path.stat()
        digest = sha256_of(path)
    except OSError as error:
        raise PcwError(f"File {name} cannot be read: {error.strerror}.") from None
    return Receipt(
        path=path,
        name=name,
        sha256=digest,
        byte_count=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        received_at=moment_of_receipt,
        dataset=dataset or stated.dataset,
        period=period or stated.period,
        activity_status=stated.activity_status,
        protocol=stated.protocol,
        covers=stated.covers,
        stated=stated.terms,
    )


def shown_path(path: Path) -> Path:
    """A path as it may be stored: without NHS numbers in the name. `path_of` finds the file again."""
    return path.with_name(redacted(path.name))


def path_of(shown: Path, sha256: str | None) -> Path:
    """The file that `shown_path` stands for; two names may be shown alike, and then its bytes tell."""
    if shown.exists() or not shown.parent.is_dir():
        return shown
    alike = (path for path in waiting_files(shown.parent) if shown_path(path) == shown)
    return next((path for path in alike if sha256 in (None, sha256_of(path))), shown)


def _receipt_note(home: Home, receipt: Receipt) -> Path:
    return home.landing / ".receipts" / f"{receipt.sha256[:16]}-{receipt.mtime_ns}-{safe_name(receipt.name)}.json"


def safe_name(name: str) -> str:
    """A file name without anything that a shell or a file system could misread, at most 120 characters."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)[:120]


def is_nothing_new(
    home: Home,
    receipt: Receipt,
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
    *,
    left_in_place: bool,
) -> bool:
    """Whether these bytes, under the same terms, are already in force, or would be nowhere if they came again.

    The bytes of a superseded submission, sent again, are a new receipt; not so where the extract time inside says what
    is newer. A file that merely still lies in a folder which we read and leave as it is (`left_in_place`) is nothing
    new either: its name and time of change are known. So it is with what was withdrawn: put into the inbox again, its
    bytes are a new receipt, while lying still where they lay they are not. Where rows were set aside and the contract
    has changed since, the same bytes may hold more than they did: they are new.
    """
    same = [s for s in submissions if s.file_sha256 == receipt.sha256 and s.stated == receipt.stated]
    if not same or _may_hold_more(max(same, key=_receipt_order), contracts):
        return False
    if any(submission.received_at == receipt.received_at for submission in same):
        return True
    if left_in_place and lies_still(home, receipt, same):
        return True
    counting = standing(submissions)
    return any(_stands(home.landing, submission, receipt, counting, contracts) for submission in standing(same))


def lies_still(home: Home, receipt: Receipt, submissions: Iterable[Submission]) -> bool:
    """Whether these bytes were seen before under this name and time of change: nobody has put them there since."""
    seen = {(s.file_name, s.file_mtime_ns) for s in submissions if s.file_sha256 == receipt.sha256}
    return (receipt.name, receipt.mtime_ns) in seen or _receipt_note(home, receipt).exists()


def _receipt_order(submission: Submission) -> tuple[datetime, int, str]:
    return submission.received_at, len(submission.submission_id), submission.submission_id


def _may_hold_more(submission: Submission, contracts: Mapping[str, Contract]) -> bool:
    """Whether rows of it were set aside under a contract that says something else today."""
    contract = contracts.get(submission.dataset)
    return (
        submission.rows_quarantined > 0 and contract is not None and contract.content_hash != submission.contract_hash
    )


def _stands(
    landing: Path,
    submission: Submission,
    receipt: Receipt,
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
) -> bool:
    """Whether a submission is in force already, or would be in force nowhere else if it came again."""
    contract = contracts.get(submission.dataset)
    if contract is None:
        return False
    if contract.versions is not None:
        return would_change_nothing(submission, submissions)
    if contract.upsert is not None:
        return not is_overtaken(landing, contract, submission, submissions)
    if contract.scoped is None:
        in_force = current(submissions, {contract.dataset: contract})[contract.dataset]
        return any(submission in in_force.get(facts.period, ()) for facts in submission.periods)
    facts = submission.version_facts
    if submission.rows_accepted == 0:  # nothing in it was extracted: its time is that of the receipt
        facts = {**facts, contract.scoped.order: extract_text(receipt.received_at)}
    again = replace(
        submission,
        received_at=receipt.received_at,
        submission_id=f"{submission.submission_id}-again",
        version_facts=facts,
    )
    return _places(submissions, contract) == _places([*submissions, again], contract)


def _places(submissions: Sequence[Submission], contract: Contract) -> dict[tuple[str, date], list[str]]:
    """The bytes in force for each provider-month, in order; what came twice has the place of the last."""
    in_force = scopes_in_force(submissions, contract)
    return {scope: list(dict.fromkeys(s.file_sha256 for s in held[::-1])) for scope, held in in_force.items()}


def note_receipt(home: Home, receipt: Receipt) -> None:
    """Keep that these bytes came again and brought nothing new, and when they last did."""
    note = _receipt_note(home, receipt)
    note.parent.mkdir(parents=True, exist_ok=True)
    stored = {"file_name": receipt.name, "sha256": receipt.sha256, "received_at": receipt.received_at.isoformat()}
    write_atomically(note, json.dumps(stored))


def noted_receipts(home: Home) -> Iterator[tuple[str, str, datetime]]:
    """Hash, name and last receipt of each file that came again while it was in force."""
    for note in sorted((home.landing / ".receipts").glob("*.json")):
        stored = read_json(note)
        yield stored["sha256"], stored["file_name"], datetime.fromisoformat(stored["received_at"])


def take_away(home: Home, receipt: Receipt) -> None:
    """Remove a received file and its sidecar from the inbox; a newer file that took its name meanwhile stays.

    The file is renamed first, so that what is looked at is what is removed. It may be about patients, so it does not
    leave the inbox for another folder.
    """
    taken = home.inbox / f"{TAKEN}{uuid.uuid4().hex}"
    try:
        receipt.path.rename(taken)
    except FileNotFoundError:
        return
    facts = taken.stat()
    unchanged = (facts.st_size, facts.st_mtime_ns) == (receipt.byte_count, receipt.mtime_ns)
    if not unchanged and sha256_of(taken) != receipt.sha256:
        taken.rename(receipt.path)
        return
    taken.unlink()
    receipt.path.with_name(receipt.path.name + SIDECAR).unlink(missing_ok=True)
