"""How much room things take, in characters: the one estimate that PDF, Word and Excel share.

Belongs here: the plain text of inlines and what follows from its length. Columns of numbers get what their longest
number or word of the header needs; the others share the rest by the length of what they hold.
"""

import re
from dataclasses import dataclass

from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Chart,
    Colour,
    Figure,
    Heading,
    Inline,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Rating,
    Row,
    Slot,
    Strong,
    Table,
    Trend,
)
from publishing.reports.look import ARROWS, chip_word, trend_words

# Longer words are offered places to break: they would run out of their cell.
LONG, PIECE = re.compile(r"[^\s\u200b]{28,}"), 10
# Characters of a line in half of a page, of a drawing, and of what fits well on one page.
LINE, DRAWING, PAGE = 45, 900, 2200
# Rows of a table that is not torn.
TOGETHER = 15
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


def volume(blocks: tuple[Block, ...]) -> int:
    """How much of a page blocks take, in characters, roughly: more than `PAGE` of them may be torn."""
    return sum(map(_volume, blocks))


def _volume(block: Block) -> int:
    match block:
        case Heading():
            return LINE
        case Paragraph(content=content):
            return len(plain(content)) + LINE
        case Bullets(items=items):
            return sum(len(plain(item)) + LINE for item in items)
        case Table(rows=rows):
            return LINE + sum(LINE + (_row_length(row) if isinstance(row, Row) else 0) for row in rows)
        case Chart(data=data):
            return DRAWING + (_volume(data) if data else 0)
        case Slot(paragraphs=paragraphs):
            return 3 * LINE + sum(len(paragraph) + LINE for paragraph in paragraphs)
        case Pair(left=left, right=right):
            return max(volume(left), volume(right))


def _row_length(row: Row) -> int:
    return max((len(plain(cell)) for cell in row.cells), default=0)
