"""Promote or refuse a staged file. Write-audit-promote: a crash leaves nothing of a file, or the whole.

The gates themselves belong in `expectations`; who calls them belongs in `orchestration`.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pcw.errors import PcwError
from pcw.files import fsync_dir, fsync_tree, read_json, sha256_of, write_atomically
from pcw.home import Home
from sources.door import reason_not_to_keep
from sources.identifiers import redacted
from sources.intact import facts_of_files
from sources.manifests import MANIFEST, Submission
from sources.opening import DAMAGED
from sources.packing import pack, unpacked
from sources.receipts import TAKEN, safe_name
from sources.scopes import status_of
from sources.staging import Staged

REFUSAL = "refusal.json"
# The form of the code of a provider or a site: no date has it and few surnames (LEE has, and so has a number of six
# digits). It keeps out most of what slipped into the column, and cannot tell a code from all else.
PROVIDER = re.compile(r"[A-Z0-9]{3}|[A-Z0-9]{3,4}[0-9]{2}")


@dataclass(frozen=True)
class Refusal:
    """A file that did not become a submission, and why."""

    file_name: str
    sha256: str
    dataset: str | None
    period: date | None
    stage: str
    message: str
    received_at: datetime
    gates_hash: str

    def to_json(self) -> dict[str, Any]:
        """Plain values for refusal.json."""
        return {
            **self.__dict__,
            "period": self.period.isoformat() if self.period else None,
            "received_at": self.received_at.isoformat(),
        }


def promote(home: Home, staged: Staged, verdicts: Sequence[dict[str, Any]], suites_hash: str) -> Submission:
    """Land a staged file that passed its gates: written beside, made durable, renamed once.

    Of a feed about patients the bytes are not kept: its typed rows are all that lands.
    """
    assert staged.contract is not None and staged.layout is not None and staged.read is not None
    contract, receipt = staged.contract, staged.receipt
    folder = home.landing / contract.dataset / staged.submission_id
    beside = folder.with_name(f".{staged.submission_id}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    os.rename(staged.folder, beside)
    if not contract.identifiable:
        _keep_raw(staged.source, receipt.name, beside)
    submission = Submission(
        dataset=contract.dataset,
        submission_id=staged.submission_id,
        contract_version=contract.version,
        contract_hash=contract.content_hash,
        layout=staged.layout.name,
        supplier=contract.supplier,
        file_name=receipt.name,
        file_sha256=receipt.sha256,
        file_bytes=receipt.byte_count,
        file_mtime_ns=receipt.mtime_ns,
        members=staged.members,
        rows_read=staged.read.rows_read,
        rows_accepted=staged.read.rows_read - staged.read.rows_quarantined,
        rows_quarantined=staged.read.rows_quarantined,
        quarantine_examples=staged.read.quarantine_examples,
        periods=staged.facts,
        version_facts=staged.version_facts,
        received_at=receipt.received_at,
        landed_at=datetime.now(UTC),
        activity_status=status_of(receipt, staged.scopes),
        verdicts=tuple(verdicts),
        suites_hash=suites_hash,
        protocol=(receipt.protocol or "bulk") if contract.scoped else None,
        scopes=staged.scopes,
        stated=receipt.stated,
        versions=staged.versions,
        files=facts_of_files(beside),
    )
    (beside / MANIFEST).write_text(json.dumps(submission.to_json(), indent=1), encoding="utf-8")
    fsync_tree(beside)
    os.rename(beside, folder)
    fsync_dir(folder.parent)
    shutil.rmtree(staged.work)
    return submission


def _keep_raw(received: Path, name: str, folder: Path) -> None:
    """The bytes as they came, compressed unless they came so."""
    (folder / "raw").mkdir()
    pack(received, folder / "raw", safe_name(name))


def refuse(
    home: Home, staged: Staged, stage_name: str, message: str, verdicts: Sequence[dict[str, Any]], gates_hash: str
) -> Refusal:
    """Keep a refused file with its reasons; figures and the previous submission stay as they are.

    What is or may be about patients is kept without its bytes: the reasons, and what identifies the file.
    """
    receipt = staged.receipt
    not_kept = reason_not_to_keep(staged.seen, staged.source, receipt.name, staged.work / "members")
    if not_kept is not None:
        message = f"{message} Its bytes are not kept: {not_kept}."
    months = staged.periods or staged.told.months
    refusal = Refusal(
        receipt.name,
        receipt.sha256,
        staged.contract.dataset if staged.contract else staged.told.dataset,
        months[0] if len(months) == 1 else None,
        stage_name,
        message,
        receipt.received_at,
        gates_hash,
    )
    folder = home.quarantine / receipt.sha256[:16]
    beside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    if not_kept is None:
        _keep_raw(staged.source, receipt.name, beside)
    before = read_json(folder / REFUSAL)["receipts"] if (folder / REFUSAL).exists() else []
    receipts = [*before, {"file_name": receipt.name, "received_at": receipt.received_at.isoformat()}]
    stored = {
        **refusal.to_json(),
        "receipts": receipts,
        "raw": "kept" if not_kept is None else "not kept",
        "months": [month.isoformat() for month in months],
        "names": list(staged.told.names),
        # A later file puts right what it holds and no more.
        "scopes": [[s.provider, s.period.isoformat()] for s in staged.scopes if PROVIDER.fullmatch(s.provider)],
        # Names of bodies are free text: where the bytes may not be kept, neither may they.
        "versions": [{**asdict(held), "period": held.period.isoformat()} for held in staged.versions if not not_kept],
        # An extract time that is itself wrong, as of a file whose scopes could not be told, orders nothing.
        "version_facts": staged.version_facts if staged.scopes else {},
        "verdicts": list(verdicts),
    }
    (beside / REFUSAL).write_text(json.dumps(stored, indent=1), encoding="utf-8")
    fsync_tree(beside)
    if folder.exists():
        shutil.rmtree(folder)  # the same bytes: only the reasons may differ, and each receipt is kept
    os.rename(beside, folder)
    fsync_dir(home.quarantine)
    shutil.rmtree(staged.work)
    return refusal


def read_refusals(home: Home) -> list[dict[str, Any]]:
    """Every refused file with its reasons, by folder name (`refused_folder`)."""
    return [read_json(path) for path in sorted(home.quarantine.glob(f"[!.]*/{REFUSAL}"))]


def refused_folder(refusal: Mapping[str, Any]) -> str:
    """The folder of a refused file in the quarantine."""
    name: str = refusal["sha256"][:16]
    return name


def find_refused(home: Home, named: str) -> dict[str, Any]:
    """The refused file of that name, or whose hash begins so (its folder).

    Raises:
        PcwError: there is none, or several.
    """
    found = [r for r in read_refusals(home) if named in (r["file_name"], refused_folder(r), r["sha256"])]
    if not found:
        raise PcwError(f"No refused file is called {redacted(named)}. `pcw quarantine` lists them.")
    if len(found) > 1:
        folders = ", ".join(refused_folder(refusal) for refusal in found)
        raise PcwError(f"{len(found)} refused files are called {redacted(named)}. Name one by its folder: {folders}.")
    return found[0]


def close_refused(home: Home, refusal: Mapping[str, Any], *, by: str, reason: str, at: datetime) -> None:
    """Note that nobody will send a refused file again: its alert closes. The file stays, and opens again if it is
    received again. The caller holds `home.lock`.

    Raises:
        PcwError: it is closed already, or nobody says who and why.
    """
    if refusal.get("closed"):
        raise PcwError(f"{refusal['file_name']} is closed already, by {refusal['closed']['by']}.")
    if not by.strip() or not reason.strip():
        raise PcwError("Closing a refused file needs a name (--by) and a reason (--reason): its owner is told both.")
    closed = {"by": redacted(by.strip()), "reason": redacted(reason.strip()), "closed_at": at.isoformat()}
    file = home.quarantine / refused_folder(refusal) / REFUSAL
    write_atomically(file, json.dumps({**refusal, "closed": closed}, indent=1))


def restore_refused(home: Home, named: str) -> Path:
    """Put the kept bytes of a refused file back into the inbox, under the name that it came with.

    Args:
        named: name of the file, or the start of its hash as its folder shows it.

    Raises:
        PcwError: no refused file is called so, its bytes were not kept, or a file of that name waits already.
    """
    refusal = find_refused(home, named)
    raw = home.quarantine / refused_folder(refusal) / "raw"
    if not raw.is_dir():
        raise PcwError(f"The bytes of {refusal['file_name']} were not kept. Put the file itself into the inbox.")
    target = home.inbox / safe_name(refusal["file_name"])
    if target.exists():
        raise PcwError(f"A file {target.name} waits in the inbox already. Run `pcw run` first.")
    restore_bytes(next(raw.iterdir()), refusal["sha256"], target)
    return target


def restore_bytes(raw: Path, sha256: str, target: Path) -> None:
    """The bytes as they came: landing compresses what did not come compressed.

    Raises:
        PcwError: what is kept is damaged.
    """
    beside = target.with_name(f".{target.name}.part")
    shutil.copyfile(raw, beside)
    try:
        if sha256_of(beside) != sha256:
            with unpacked(raw) as source, beside.open("wb") as out:
                shutil.copyfileobj(source, out)
        is_whole = sha256_of(beside) == sha256
    except DAMAGED:
        is_whole = False
    if not is_whole:
        beside.unlink()
        raise PcwError(f"{raw} is damaged: it is not what came as {target.name}. Restore it from a backup.")
    os.rename(beside, target)


def sweep(home: Home) -> None:
    """Remove what a crash left half-written. Only under the lock."""
    left = (
        *home.work.glob("*"),
        *home.landing.glob("*/.*.tmp"),
        *home.quarantine.glob(".*.tmp"),
        *home.inbox.glob(f"{TAKEN}*"),
    )
    for orphan in left:
        if orphan.is_dir():
            shutil.rmtree(orphan)
        else:
            orphan.unlink()
