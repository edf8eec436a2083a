"""Withdraw a submission that landed and should not count: a test file, another body's, one that nobody will correct.

Belongs here: saying so and taking it back. What follows for what is current is in `sources.ledger`. Nothing is deleted:
the file stays landed and listed, and a day before the withdrawal is seen as it was known then.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.home import Home
from sources.identifiers import redacted
from sources.manifests import WITHDRAWN, Submission, Withdrawal


def find_submission(submissions: Sequence[Submission], named: str) -> Submission:
    """The submission of that id, `dataset/id`, or file name.

    Raises:
        PcwError: there is none, or several.
    """
    dataset, _, submission_id = named.rpartition("/")
    found = [s for s in submissions if s.submission_id == submission_id and dataset in ("", s.dataset)]
    found = found or [s for s in submissions if s.file_name == named]
    if not found:
        raise PcwError(f"No submission is called {redacted(named)}. Table submission of the release lists them all.")
    if len(found) > 1:
        ids = ", ".join(f"{s.dataset}/{s.submission_id}" for s in found)
        raise PcwError(f"Several submissions are called {redacted(named)}: {ids}. Name one of these.")
    return found[0]


def withdraw(home: Home, submission: Submission, *, by: str, reason: str, at: datetime) -> None:
    """Let a submission count no more, from now on. The caller holds `home.lock`.

    Raises:
        PcwError: it is withdrawn already, or nobody says who and why.
    """
    if submission.withdrawal() is not None:
        raise PcwError(f"{_named(submission)} is withdrawn already: {_said(submission)}.")
    if not by.strip() or not reason.strip():
        raise PcwError(
            "A withdrawal needs a name (--by) and a reason (--reason): both are published with the submission."
        )
    _write(home, submission, (*submission.withdrawals, Withdrawal(at, redacted(by.strip()), redacted(reason.strip()))))


def reinstate(home: Home, submission: Submission, *, at: datetime) -> None:
    """Let a withdrawn submission count again. The caller holds `home.lock`.

    Raises:
        PcwError: it is not withdrawn.
    """
    if submission.withdrawal() is None:
        raise PcwError(f"{_named(submission)} is not withdrawn, so there is nothing to take back.")
    _write(
        home,
        submission,
        [span if span.reinstated_at else replace(span, reinstated_at=at) for span in submission.withdrawals],
    )


def _named(submission: Submission) -> str:
    return f"Submission {submission.dataset}/{submission.submission_id} ({submission.file_name})"


def _said(submission: Submission) -> str:
    span = submission.withdrawal()
    assert span is not None
    return f"by {span.by} on {span.withdrawn_at:%Y-%m-%d}, because: {span.reason}"


def _write(home: Home, submission: Submission, spans: Sequence[Withdrawal]) -> None:
    folder: Path = home.landing / submission.dataset / submission.submission_id
    stored = [
        {
            **asdict(span),
            "withdrawn_at": span.withdrawn_at.isoformat(),
            "reinstated_at": span.reinstated_at.isoformat() if span.reinstated_at else None,
        }
        for span in spans
    ]
    write_atomically(folder / WITHDRAWN, json.dumps(stored, indent=1, ensure_ascii=False))
