"""What is held against files that wait, before any is landed: the clock, and names under which they came before.

Which of them bring anything new is decided in `sources.receipts`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from orchestration.submissions import submissions_of
from pcw.errors import PcwError
from pcw.home import Home
from sources.manifests import Submission
from sources.receipts import Receipt

# Clocks of machines that share a home differ; a receipt by the clock is of the minutes since the run began.
CLOCKS_DIFFER, JUST_NOW = timedelta(minutes=5), timedelta(minutes=30)


def check_clock(home: Home, receipts: Sequence[Receipt]) -> None:
    """Of two files of a month the later receipt counts, so a clock that went back must not say when one came.

    Raises:
        PcwError: it did, and the moment of receipt of a file is nowhere stated.
    """
    now = datetime.now(UTC)
    newest = max((submission.landed_at for submission in submissions_of(home)), default=now)
    if newest <= now + CLOCKS_DIFFER:
        return
    by_clock = [receipt for receipt in receipts if abs(now - receipt.received_at) < JUST_NOW]
    if by_clock:
        raise PcwError(
            f"The clock says {now:%Y-%m-%d %H:%M}, and a file was landed at {newest:%Y-%m-%d %H:%M}: it went back, or "
            f"was wrong then. {by_clock[0].name} would count as older than what came before it, so nothing is landed. "
            "Correct the clock, or state when the files came with --received-at."
        )


def known_by_another_name(receipt: Receipt, submissions: Sequence[Submission]) -> str | None:
    """The line about bytes that landed before and now come under a name that says something else."""
    same = [submission for submission in submissions if submission.file_sha256 == receipt.sha256]
    if not same or any(submission.file_name == receipt.name for submission in same):
        return None
    first = min(same, key=lambda submission: submission.received_at)
    return (
        f"Nothing new: {receipt.name} holds, byte for byte, what was received as {first.file_name} on "
        f"{first.received_at:%Y-%m-%d}. If another file was meant, send that one."
    )
