"""The lines of pages of quality, in words: verdicts, months of a feed, waivers.

Belongs here: what a cell of a table says. Which tables a page has belongs in `publishing.quality_pages`. Nothing here
is markup yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from expectations.waivers import Waiver
from publishing.judgements import OPEN, PASSED, HistoryRow
from publishing.missing import runs, singly, span
from sources.calendar import FeedMonth

# Months whose verdicts are shown, beside all that is open: a page that shows every file ever sent grows for ever.
RECENT = 24
STATES = {
    PASSED: "Passed",
    OPEN: "Failed, open",
    "put_right": "Failed, put right",
    "accepted": "Failed, accepted",
    "withdrawn": "Failed, file withdrawn",
    "removed": "Failed, file removed",
    "closed": "Failed, file closed",
    "retired": "Failed, asked no more",
}


def anchor_of(check_id: str) -> str:
    """Where a check stands on its page."""
    return f"check-{check_id}"


def recent(rows: Sequence[HistoryRow]) -> list[HistoryRow]:
    """What is open, and of the rest that of the latest months: by the month judged, or else by when it was judged."""
    if not rows:
        return []
    last_judged = max(_month_of(row.judged_at) for row in rows)
    # A month to come, of a file with a wrong date, must not push out those that were.
    last_month = max((row.month for row in rows if row.month and row.month <= last_judged), default=last_judged)
    kept = []
    for row in rows:
        age = _months_between(row.month, last_month) if row.month else _months_between(row.judged_at, last_judged)
        if row.state == OPEN or age < RECENT:
            kept.append(row)
    return kept


def _month_of(moment: datetime) -> date:
    return date(moment.year, moment.month, 1)


def _months_between(earlier: date, later: date) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def nothing_open(rows: Sequence[HistoryRow]) -> str:
    """What is true where nothing is open."""
    if not rows:
        return "Nothing was judged yet."
    became = [STATES[state].removeprefix("Failed, ") for state in STATES if any(row.state == state for row in rows)]
    failed = [how for how in became if how != STATES[PASSED]]
    return f"Nothing. What failed: {', or '.join(failed)}." if failed else "Nothing. All that was asked held."


def lines_of(rows: Sequence[HistoryRow]) -> list[dict[str, Any]]:
    """One line for each verdict of a check, latest first; its months apart only where they came to something else."""

    def verdict(row: HistoryRow) -> tuple[object, ...]:
        return row.judged_at, row.submission_id or row.release_id or ""

    lines = []
    for _, of_verdict in groupby(sorted(rows, key=verdict, reverse=True), verdict):
        apart: dict[tuple[str, str], list[HistoryRow]] = defaultdict(list)
        for row in of_verdict:
            apart[row.state, row.outcome].append(row)
        lines += [_line(held) for held in apart.values()]
    return lines


def _line(rows: Sequence[HistoryRow]) -> dict[str, Any]:
    row = rows[0]
    return {
        "check": row.check_id,
        "anchor": anchor_of(row.check_id),
        "severity": row.severity,
        "subject": inert(row.file_name or row.release_id or "build, not released"),
        "outcome": row.outcome if row.file_name else "",
        "months": spans([held.month for held in rows if held.month]),
        "judged": f"{row.judged_at:%Y-%m-%d}",
        "state": STATES[row.state],
        "state_class": row.state if row.state in (PASSED, OPEN) else "",
        "rows": f"{row.rows_checked:,}",
        "unexpected": f"{row.unexpected_count:,}",
        "message": "" if row.passed else inert(row.message),
        "examples": [] if row.passed else [inert(example) for example in row.examples if example not in row.message],
        "waivers": row.waiver_ids or "",
    }


def missing_of(months: Sequence[FeedMonth]) -> list[dict[str, str]]:
    """What is missing since the first month that came, newest first: a few in a row each alone, many as one."""
    by_month = {month.month: month for month in months if month.state == "missing"}
    return [_month([by_month[month] for month in run]) for run in singly(by_month, (month.month for month in months))]


def calendar_of(months: Sequence[FeedMonth]) -> list[dict[str, str]]:
    """All months, newest first; those in a row of which the same is true are one line."""
    lines: list[dict[str, str]] = []
    expected = [month.month for month in months]
    for _, held in groupby(sorted(months, key=lambda month: month.month), lambda month: month.state):
        by_month = {month.month: month for month in held}
        lines += [_month([by_month[month] for month in run]) for run in runs(by_month, expected)]
    return lines[::-1]


def _month(held: Sequence[FeedMonth]) -> dict[str, str]:
    """One line of months in a row, oldest first."""
    received = sorted(f"{month.first_received_at:%Y-%m-%d}" for month in held if month.first_received_at)
    late = [month.days_late for month in held if month.days_late is not None]
    count = f" ({len(held)} months)" if len(held) > 1 else ""
    return {
        "month": f"{span([month.month for month in held])}{count}",
        "state": held[0].state.replace("_", " "),
        "due": f"{held[0].due_on}" + (" (the first)" if count else ""),
        "received": " to ".join(dict.fromkeys([received[0], received[-1]])) if received else "",
        "late": f"{max(late):,}" if late else "",
    }


def waiver_line(waiver: Waiver) -> dict[str, str]:
    """What one waiver accepts, of whom and until when."""
    named = (
        f"{waiver.month:%Y-%m}" if waiver.month else None,
        waiver.provider_code,
        waiver.treatment_function_code and f"specialty {waiver.treatment_function_code}",
        waiver.practice_code,
        *waiver.rules,
        waiver.file_sha256 and f"file {waiver.file_sha256[:16]}",
    )
    return {
        "id": waiver.waiver_id,
        "check": waiver.check,
        "accepts": inert(", ".join(filter(None, named)) or "the finding"),
        "by": inert(waiver.granted_by),
        "why": inert(waiver.reason),
        "until": f"{waiver.until}",
    }


def spans(months: Iterable[date]) -> str:
    """Months in words: `2016-04 to 2017-03, 2017-06`."""
    return ", ".join(map(span, runs(months)))


def inert(text: str) -> str:
    """A text that came with a file, so that no spreadsheet into which a table is copied takes it for a formula."""
    is_formula = text.startswith(("\t", "\r")) or text.lstrip().startswith(("=", "+", "-", "@"))  # HTML drops blanks
    return f"'{text}" if is_formula else text
