"""How wide the columns of a table are, in characters: the one estimate that PDF, Word and Excel share.

Belongs here: the plain text of inlines and what follows from its length. Columns of numbers get what their longest
number or word of the header needs; the others share the rest by the length of what they hold.
"""

import re
from dataclasses import dataclass

from publishing.reports.document import Break, Colour, Figure, Inline, Inlines, Link, Rating, Row, Strong, Table, Trend
from publishing.reports.look import ARROWS, chip_word, trend_words

# Longer words are offered places to break: they would run out of their cell.
LONG, PIECE = re.compile(r"[^\s\u200b]{28,}"), 14
NARROW, BROAD, COMPACT = 10, 60, 36


@dataclass(frozen=True)
class Width:
    """`characters` of one line; `is_fixed`: it needs these and no more."""

    characters: int
    is_fixed: bool


def text_of(inline: Inline) -> str:
    """An inline as plain text."""
    match inline:
        case str():
            return inline
        case Colour() | Rating():
            return chip_word(inline)
        case Trend():
            return f"{ARROWS[inline.direction]} {trend_words(inline)}"
        case Figure(text=text) | Strong(text=text) | Link(text=text):
            return text
        case Break():
            return "\n"


def plain(content: Inlines) -> str:
    """Inlines as plain text."""
    return "".join(map(text_of, content))


def widths(table: Table) -> list[Width]:
    """One per column."""
    rows = [row for row in table.rows if isinstance(row, Row)]
    return [
        _width(column.header, column.is_number, [plain(row.cells[place]) for row in rows])
        for place, column in enumerate(table.columns)
    ]


def is_compact(found: list[Width]) -> bool:
    """Whether a table is so narrow that it would fall apart over the whole width of a page."""
    return sum(width.characters for width in found) <= COMPACT


def _width(header: str, is_number: bool, cells: list[str]) -> Width:
    lines = [line for cell in cells for line in cell.split("\n")]
    longest = max(map(len, lines), default=0)
    if is_number and longest <= 2 * NARROW:
        word = max(map(len, header.split()), default=0)
        return Width(max(longest, word, -(-len(header) // 3), 5), True)
    return Width(min(max(longest, len(header), NARROW), BROAD), False)
