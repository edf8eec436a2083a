"""Sentences of charts: lists, counts and months in words.

Belongs here: what the text alternatives and the small print of several charts say alike.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from publishing.charts.scale import month_number
from publishing.reports.formats import month

# Why a value is absent: its source has not come, it is in question, or it would tell of few patients.
Absence = Literal["awaiting", "withheld", "hidden"]
REASONS: dict[Absence, str] = {
    "awaiting": "awaiting its source",
    "withheld": "withheld, its data are in question",
    "hidden": "hidden, few patients",
}


def joined(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def some(names: Sequence[str], most: int) -> str:
    """a, b and 3 others."""
    return joined(names) if len(names) <= most + 1 else f"{', '.join(names[:most])} and {len(names) - most} others"


def counted(count: int, one: str, many: str = "") -> str:
    """1 practice, 2 practices, no practices."""
    return f"1 {one}" if count == 1 else f"{count or 'no'} {many or one + 's'}"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def absent_groups(absent: Sequence[tuple[str, Absence]], one: str, most: int | None = None) -> list[str]:
    """A sentence for each reason: which are hidden, and so on."""
    found = []
    for reason, why in REASONS.items():
        names = [name for name, its in absent if its == reason]
        if names:
            listed = joined(names) if most is None else some(names, most)
            found.append(f"Not shown, {why}: {counted(len(names), one)} ({listed}).")
    return found


def absent_months(absent: Sequence[tuple[date, Absence]]) -> list[str]:
    """A sentence that names the months without a figure: those in a row, of one reason, together."""
    runs: list[list[tuple[date, Absence]]] = []
    for of, reason in absent:
        last = runs[-1][-1] if runs else None
        if last and last[1] == reason and month_number(of) == month_number(last[0]) + 1:
            runs[-1].append((of, reason))
        else:
            runs.append([(of, reason)])
    spans = [
        f"{month(run[0][0])}{f' to {month(run[-1][0])}' if len(run) > 1 else ''} ({REASONS[run[0][1]]})" for run in runs
    ]
    return [f"No figure: {joined(spans)}."] if spans else []
