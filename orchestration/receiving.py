"""What is held against files that wait, before any is landed: the clock, and names under which they came before; and
what a file closes that is in force and came again.

Which of them bring anything new is decided in `sources.receipts`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from orchestration.submissions import submissions_of
from pcw.errors import PcwError
from pcw.files import write_atomically
from pcw.home import Home
from publishing.refusals import accepted_of, is_settled, read_refusals, settled_by
from sources.contracts import Contract
from sources.landing import close_refused, find_refused
from sources.ledger import standing
from sources.manifests import Submission
from sources.receipts import Receipt, note_receipt

# Clocks of machines that share a home differ; a receipt by the clock is of the minutes since the run began.
CLOCKS_DIFFER, JUST_NOW = timedelta(minutes=5), timedelta(minutes=30)
MOST_NAMES = 5


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


def already_in_force(known: Sequence[Receipt]) -> Iterator[str]:
    """The line about files that came beside new ones, and bring nothing."""
    if known:
        names = ", ".join(receipt.name for receipt in known[:MOST_NAMES])
        more = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
        yield f"Already in force, nothing new: {names}{more}."


def put_there(receipt: Receipt, stated: datetime | None) -> Receipt:
    """A file of a folder that we only read, as received when stated, or else when it was put there."""
    changed = datetime.fromtimestamp(receipt.mtime_ns / 1e9, UTC)
    return replace(receipt, received_at=stated or min(receipt.received_at, changed))


def note_known(home: Home, receipt: Receipt) -> None:
    """Keep that a file that is in force came again, which may close what was refused."""
    note_receipt(home, receipt)
    if any(home.quarantine.iterdir()):
        write_atomically(home.telling_due, "")


def close_what_came_again(
    home: Home,
    submissions: Sequence[Submission],
    contracts: Mapping[str, Contract],
    came: Iterable[tuple[str, str, datetime]],
) -> None:
    """Close refused files whose good one is in force and came once more after them, and write their pages.

    It brings nothing new, so that no submission says so: somebody saved over a file and then sent the right one again.
    The caller holds `home.lock`.

    Args:
        came: hash, name and moment of receipt of files that brought nothing.
    """
    came = list(came)
    if not came:
        return
    standing_now = standing(submissions)
    accepted = accepted_of(standing_now, contracts)
    open_now = [refusal for refusal in read_refusals(home) if not is_settled(refusal, accepted)]
    if not open_now:
        return
    by_hash = {submission.file_sha256: submission for submission in standing_now}
    again = [
        replace(by_hash[sha256], received_at=received_at, file_name=name)
        for sha256, name, received_at in came
        if sha256 in by_hash
    ]
    known, now = [*accepted, *accepted_of(again, contracts)], datetime.now(UTC)
    closed = [(refusal, goods) for refusal in open_now if (goods := settled_by(refusal, known))]
    for refusal, goods in closed:
        names = " and ".join(f"{good.file_name} of {good.received_at:%Y-%m-%d}" for good in goods)
        close_refused(
            home, find_refused(home, refusal.sha256), by="pcw run", reason=f"{names} holds what is in force", at=now
        )
    if closed:
        from orchestration.page_guard import spared
        from orchestration.quality import write_all

        spared(lambda: write_all(home, now))
