"""Sentences of charts: lists, counts and months in words.

Belongs here: what the text alternatives and the small print of several charts say alike.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from publishing.charts.scale import Number, month_number
from publishing.reports.document import Shown
from publishing.reports.formats import month, shown

# Why a value is absent: its source has not come, it is in question, or it would tell of few patients.
Absence = Literal["awaiting", "withheld", "hidden"]
REASONS: dict[Absence, str] = {
    "awaiting": "awaiting data",
    "withheld": "withheld, data in question",
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


def between(lowest: tuple[str, str], highest: tuple[str, str]) -> str:
    """From the lowest (name, figure) to the highest, or all alike."""
    if lowest[1] == highest[1]:
        return f"all {lowest[1]}" if lowest[0] != highest[0] else f"{lowest[0]} {lowest[1]}"
    return f"from {lowest[1]} ({lowest[0]}) to {highest[1]} ({highest[0]})"


def beside_overall(benchmark: Number | None, overall: Number | None, how: Shown) -> list[str]:
    """What the figure of all is beside that of the practices compared, where they are not shown alike."""
    if benchmark is None or overall is None or shown(benchmark, how) == shown(overall, how):
        return []
    return [
        f"{shown(benchmark, how)} is of the practices open in all of the period, together; the figure of all is "
        f"{shown(overall, how)}: it has those too, if any, that opened or closed within it, and is made of counts as "
        "shown."
    ]


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
            found.append(f"Not shown: {counted(len(names), one)} {why} ({listed}).")
    return found


def spans(months: Sequence[date]) -> list[str]:
    """Months in order in words, those in a row as one span: `May 2016`, `July 2016 to January 2017`."""
    rows: list[list[date]] = []
    for of in months:
        if rows and month_number(of) == month_number(rows[-1][-1]) + 1:
            rows[-1].append(of)
        else:
            rows.append([of])
    return [month(row[0]) + (f" to {month(row[-1])}" if len(row) > 1 else "") for row in rows]


def absent_months(absent: Sequence[tuple[date, Absence]]) -> list[str]:
    """A sentence for each reason that names the months without a figure."""
    found = []
    for reason, why in REASONS.items():
        months = [of for of, its in absent if its == reason]
        if months:
            found.append(f"No figure, {why}: {joined(spans(months))}.")
    return found
