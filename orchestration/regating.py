"""Ask the gates again about what is already landed, when suites gained checks since.

The manifest stays as it was; the newer verdicts stand beside it.
"""

import json
import shutil
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from expectations.verdict import Verdict
from expectations.waivers import Waiver, in_force, read_waivers
from orchestration.landing import FILE_GATE, judge, suites_hash
from orchestration.submissions import read_indicators
from pcw.files import write_atomically
from pcw.home import Home
from pcw.settings import Settings
from sources.contracts import load_contracts
from sources.landing import restore_bytes
from sources.manifests import REGATED, Submission
from sources.receipts import Receipt
from sources.restaging import stage_landed
from sources.staging import stage


def ungated(in_force: Iterable[Submission]) -> list[Submission]:
    """Submissions that were judged by other gates than today's."""
    return [submission for submission in in_force if submission.suites_hash != suites_hash(submission.dataset)]


def regate(home: Home, settings: Settings, submission: Submission, submissions: Sequence[Submission]) -> None:
    """Read what was kept of a submission and keep the verdicts of today's gates beside the manifest."""
    folder = home.landing / submission.dataset / submission.submission_id
    others = [other for other in submissions if other.submission_id != submission.submission_id]
    # What somebody accepted when it landed lets it through again, also when the waiver has run out since.
    waivers = in_force(read_waivers(home.waivers), submission.landed_at, datetime.now(UTC))
    if load_contracts()[submission.dataset].scoped is None:
        verdicts = _of_bytes(home, settings, submission, others, folder / "raw", waivers)
    else:
        verdicts = _of_rows(home, settings, submission, others, waivers)
    stored = [replace(verdict, submission_id=submission.submission_id).as_dict() for verdict in verdicts]
    regated = {"verdicts": stored, "suites_hash": suites_hash(submission.dataset)}
    write_atomically(folder / REGATED, json.dumps(regated, indent=1))


def _of_bytes(
    home: Home,
    settings: Settings,
    submission: Submission,
    others: Sequence[Submission],
    raw: Path,
    waivers: Sequence[Waiver],
) -> list[Verdict]:
    """The kept bytes, read again."""
    scratch = home.work / uuid.uuid4().hex
    scratch.mkdir(parents=True)
    path = scratch / "received"
    restore_bytes(next(raw.iterdir()), submission.file_sha256, path)
    # A file without a date inside was landed for a period that somebody stated or its name told.
    period = load_contracts()[submission.dataset].period
    undated = period.is_told_by_name or (period.rule == "financial_month" and len(submission.periods) == 1)
    receipt = Receipt(
        path=path,
        name=submission.file_name,
        sha256=submission.file_sha256,
        byte_count=submission.file_bytes,
        mtime_ns=submission.file_mtime_ns,
        received_at=submission.received_at,
        dataset=submission.dataset,
        period=submission.periods[0].period if undated else None,
        activity_status=submission.stated.get("activity_status"),
        stated=submission.stated,
    )
    staged = stage(
        home,
        receipt,
        load_contracts(),
        others,
        settings.memory_limit,
        commissioner=settings.commissioner,
        indicators=read_indicators(),
    )
    try:
        verdicts = judge(staged, waivers)
    finally:
        staged.close()
    shutil.rmtree(staged.work)
    shutil.rmtree(scratch)
    return verdicts


def _of_rows(
    home: Home,
    settings: Settings,
    submission: Submission,
    others: Sequence[Submission],
    waivers: Sequence[Waiver],
) -> list[Verdict]:
    """Of feeds about patients no bytes are kept: the landed rows, and what the bytes showed when they were read."""
    staged = stage_landed(home, submission, load_contracts(), others, settings.memory_limit)
    known = {
        verdict.check: verdict
        for verdict in map(Verdict.from_dict, submission.verdicts)
        if verdict.suite == FILE_GATE[0]
    }
    verdicts = [
        known.get(verdict.check, verdict) if verdict.suite == FILE_GATE[0] else verdict
        for verdict in judge(staged, waivers)
    ]
    shutil.rmtree(staged.work)
    return verdicts
