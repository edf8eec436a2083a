"""Receipts: which files wait, what identifies them, whether they bring anything new.

What is in them belongs in `staging`.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pcw.errors import PcwError
from pcw.files import read_json, sha256_of, write_atomically
from pcw.home import Home
from sources.contracts import Contract
from sources.ledger import Submission, current

SIDECAR = ".meta.json"
UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")


@dataclass(frozen=True)
class Receipt:
    """A file that was handed to us, before anything is known about it."""

    path: Path
    name: str
    sha256: str
    byte_count: int
    mtime_ns: int
    received_at: datetime
    dataset: str | None = None
    period: date | None = None


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
    """Identify a file by its bytes. A sidecar <name>.meta.json may state received_at, dataset and period.

    Raises:
        PcwError: the file is gone or unreadable, or its sidecar does not fit.
    """
    sidecar = path.with_name(path.name + SIDECAR)
    stated = read_json(sidecar) if sidecar.exists() else {}
    if not isinstance(stated, dict):
        raise PcwError(f"{sidecar.name} is not a JSON object with received_at, dataset or period.")
    if unknown := set(stated) - {"received_at", "dataset", "period"}:
        raise PcwError(
            f"{sidecar.name} states {', '.join(sorted(unknown))}; known are received_at, dataset and period."
        )
    try:
        facts = path.stat()
        digest = sha256_of(path)
    except OSError as error:
        raise PcwError(f"File {path.name} cannot be read: {error.strerror}.") from error
    return Receipt(
        path=path,
        name=path.name,
        sha256=digest,
        byte_count=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        received_at=received_at or (moment(stated["received_at"]) if "received_at" in stated else datetime.now(UTC)),
        dataset=dataset or stated.get("dataset"),
        period=period or (month(stated["period"]) if "period" in stated else None),
    )


def moment(text: str) -> datetime:
    """A date or time; without a zone it is UTC.

    Raises:
        PcwError: neither.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise PcwError(f"Expected a date like 2017-08-29 or a time like 2017-08-29T09:00, found {text!r}.") from error
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def month(text: str) -> date:
    """The first day of a month like 2017-04.

    Raises:
        PcwError: not a month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
        raise PcwError(f"Expected a month like 2017-04, found {text!r}.")
    return date.fromisoformat(f"{text}-01")


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
    """Whether these bytes are already in force.

    The bytes of a superseded submission, sent again, are a new receipt. A file that merely still lies in a folder which
    we read and leave as it is (`left_in_place`) is not: its name and time of change are known.
    """
    same = [submission for submission in submissions if submission.file_sha256 == receipt.sha256]
    if not same:
        return False
    if any(submission.received_at == receipt.received_at for submission in same):
        return True
    if left_in_place:
        known = {(submission.file_name, submission.file_mtime_ns) for submission in same}
        if (receipt.name, receipt.mtime_ns) in known or _receipt_note(home, receipt).exists():
            return True
    in_force = current(submissions, contracts)
    return any(
        in_force[submission.dataset].get(facts.period) is submission
        for submission in same
        for facts in submission.periods
    )


def note_receipt(home: Home, receipt: Receipt) -> None:
    """Keep that these bytes came again and brought nothing new."""
    note = _receipt_note(home, receipt)
    note.parent.mkdir(parents=True, exist_ok=True)
    if not note.exists():
        write_atomically(
            note,
            json.dumps(
                {"file_name": receipt.name, "sha256": receipt.sha256, "received_at": receipt.received_at.isoformat()}
            ),
        )


def take_away(home: Home, receipt: Receipt) -> None:
    """Remove a received file and its sidecar from the inbox; a newer file that took its name meanwhile stays.

    The file is renamed first, so that what is looked at is what is removed.
    """
    home.work.mkdir(parents=True, exist_ok=True)
    taken = home.work / uuid.uuid4().hex
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
