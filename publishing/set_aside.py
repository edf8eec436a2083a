"""Rows that were set aside from files that otherwise landed, as alerts to the owner of the feed.

Belongs here: which files that count lack rows, the words about it, and what became of it. Why a row does not fit is
found in `sources.reader`; nothing here reads a row that landed. No cell is told: columns and counts are.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from pcw.home import Home
from publishing.alerts import CONSEQUENCE, EVERY_ROW_FITS, SET_ASIDE, Alert, fingerprint
from publishing.counting import Counting, counting
from sources.contracts import Contract
from sources.manifests import Submission
from sources.months import REJECTED

OTHER = "another reason"
NAMED = 12
# A column as reading names it: its header, and our name in brackets where that is another (`sources.headers`).
_COLUMN = re.compile(r"column (.+?)(?: \((\w+)\))?: expected", re.DOTALL)
InForce = Mapping[str, Mapping[date, Iterable[Submission]]]


@dataclass(frozen=True)
class Lacking:
    """A file that counts, without the rows that were set aside; `months` are those in which it counts."""

    submission: Submission
    months: tuple[date, ...]

    @property
    def fingerprint(self) -> str:
        """By the file: one that replaces it and lacks rows too is another problem, and is told."""
        return fingerprint(SET_ASIDE, self.submission.dataset, self.submission.submission_id)

    @property
    def span(self) -> str:
        """Its months in words."""
        return ", ".join(f"{month:%Y-%m}" for month in self.months)


def lacking(resting_on: Iterable[Submission], in_force: InForce) -> list[Lacking]:
    """The files on which a release rests of which rows were set aside."""
    return [
        Lacking(one, tuple(month for month, held in sorted(in_force[one.dataset].items()) if _has(held, one)))
        for one in resting_on
        if one.rows_quarantined
    ]


def alerts_from_set_aside(
    found: Iterable[Lacking], told: Collection[str], home: Home, contracts: Mapping[str, Contract]
) -> list[Alert]:
    """An alert for each of them. Reasons are counted for what was not told yet.

    Args:
        told: fingerprints of the alerts that are open.
    """
    return [_alert(one, {} if one.fingerprint in told else _reasons(home, one, contracts), contracts) for one in found]


def became(
    found: Iterable[Lacking],
    told: Collection[tuple[str, str]],
    known: Sequence[Submission],
    in_force: InForce,
    contracts: Mapping[str, Contract],
) -> dict[str, str]:
    """Fingerprint of each told file that lacks rows no more or counts no more, and what became of it, in words.

    Args:
        told: (fingerprint, severity) of the alerts that are open.
        known: every submission there is.
    """
    lacks = {one.fingerprint for one in found}
    gone = {mark for mark, severity in told if severity == SET_ASIDE and mark not in lacks}
    if not gone:
        return {}
    files = {Lacking(one, ()).fingerprint: one for one in known if one.rows_quarantined}
    counts = counting(known, contracts, in_force)
    return {mark: _words(files.get(mark), known, counts) for mark in gone}


def _has(held: Iterable[Submission], submission: Submission) -> bool:
    return any(one.submission_id == submission.submission_id for one in held)


def _words(
    submission: Submission | None, known: Iterable[Submission], counts: Mapping[tuple[str, str], Counting]
) -> str:
    if submission is None or submission.withdrawal() is not None:
        return "the file was withdrawn and counts no more"
    mine = counts[submission.dataset, submission.submission_id]
    instead = [
        one
        for one in known
        if one.dataset == submission.dataset
        and one.protocol != "net"
        and (theirs := counts[one.dataset, one.submission_id]).order > mine.order
        and theirs.now & mine.holds.keys()
    ]
    if not instead:
        return "the file counts no more"
    return "; ".join(took_its_place(one.file_name, one.rows_quarantined, one.rows_read) for one in instead)


def took_its_place(file_name: str, rows_quarantined: int, rows_read: int) -> str:
    """What is said of the file that came instead of one that was refused or lacked rows."""
    if not rows_quarantined:
        return f"{file_name} came and landed whole"
    return (
        f"{file_name} came and landed, but {rows_quarantined:,} of its {rows_read:,} rows were set aside, "
        "which is a problem of its own"
    )


def _alert(one: Lacking, reasons: Mapping[str, int], contracts: Mapping[str, Contract]) -> Alert:
    file, feed = one.submission, one.submission.dataset
    counted = f"{file.rows_quarantined:,} of {file.rows_read:,} rows"
    shown = [f"{reason} ({count:,})" for reason, count in list(reasons.items())[:NAMED]]
    more = f" and {len(reasons) - NAMED} more" if len(reasons) > NAMED else ""
    return Alert(
        fingerprint=one.fingerprint,
        severity=SET_ASIDE,
        title=f"{feed} {one.span}: {counted} of {file.file_name} were set aside",
        owner=contracts[feed].owner,
        feed=feed,
        gate=("file", "file"),
        body=(
            f"What: {counted} of {file.file_name} do not fit the contract and were set aside; the others landed.",
            f"Where: {file.file_name} ({feed}), gate file, check {EVERY_ROW_FITS}, submission {file.submission_id}, "
            f"received {file.received_at:%Y-%m-%d}",
            f"How many: {counted}; rows by reason: {', '.join(shown)}{more}",
            f"What follows: figures of {one.span or 'its months'} miss these rows. {CONSEQUENCE[SET_ASIDE]}",
            "What to do: ask the supplier to correct these rows (the page names the first) and send the whole file "
            "again. If the rows are right and the contract is not, correct the contract and put the same file "
            "into the inbox again: it is then read anew.",
        ),
    )


def _reasons(home: Home, one: Lacking, contracts: Mapping[str, Contract]) -> dict[str, int]:
    """Rows by the column that does not fit, most first; a row may have several."""
    file = home.landing / one.submission.dataset / one.submission.submission_id / REJECTED
    if not file.exists():
        return {OTHER: one.submission.rows_quarantined}
    columns = {column.name for column in contracts[one.submission.dataset].columns}
    rows = duckdb.sql("select reason from read_parquet(?)", params=[str(file)]).fetchall()
    return counted((reason for (reason,) in rows), columns)


def counted(reasons: Iterable[str], columns: Collection[str]) -> dict[str, int]:
    """Reasons of rows by the column of the contract that each names; a header, which the sender wrote, is not told."""
    counts = Counter[str]()
    for reason in reasons:
        named = {ours or header.lower() for header, ours in _COLUMN.findall(reason)}
        counts.update({f"column {name}" for name in named if name in columns} or {OTHER})
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
