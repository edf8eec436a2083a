"""What a paper is made of: blocks and inlines that know nothing of HTML, PDF, Word or Excel.

Belongs here: the shapes that builders fill and writers write, and nothing that reads a release or writes a file. A
number on a page that comes from a release is a `Figure`, which says where it stands there: so a test can walk all
figures of all pages, and a reader can go from any of them to its definition. Text written by hand is in a `Slot`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Value = Decimal | float | int | str | None
# How the exact figures of the sources become the exact value that is shown: the figure itself; the sum of all, each
# with its sign; how many rows fit the key.
Operation = Literal["value", "sum", "count"]


@dataclass(frozen=True)
class Source:
    """Where a figure stands in the release: one column of the row of `table` that has this key.

    The key is the text of each value, None where it is null.

    For `count` the key may fit many rows, and the column is `*`. `sign` is -1 for what a `sum` takes away.
    """

    table: str
    key: Mapping[str, str | None]
    column: str
    sign: int = 1


@dataclass(frozen=True)
class Shown:
    """How a value is written: divided by `scale`, with so many decimals, something before (`£`) and behind it (`%`).

    `brackets`: negative amounts in brackets, as finance writes them. `is_trimmed`: 77% and not 77.0%. Thousands are
    separated; text is written as it is.
    """

    decimals: int = 0
    scale: int | Decimal = 1
    before: str = ""
    after: str = ""
    brackets: bool = False
    is_trimmed: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure of the release as it is shown: `text` is `formats.shown(value, how)`. What is absent is no figure."""

    text: str
    value: Value
    how: Shown
    sources: tuple[Source, ...]
    operation: Operation = "value"


@dataclass(frozen=True)
class Colour:
    """The colour word of an indicator, printed as a word on its colour: RED, YELLOW, GREEN."""

    name: Literal["red", "yellow", "green"]


@dataclass(frozen=True)
class Rating:
    """Red, amber or green of a programme or savings scheme: another scale than the colours of indicators."""

    name: Literal["red", "amber", "green"]


# Neutral: it moved, and neither way is good.
TrendMeaning = Literal["improving", "worsening", "level", "neutral"]


@dataclass(frozen=True)
class Trend:
    """The arrow: which way the value went, and what that means."""

    direction: Literal["up", "down", "level"]
    meaning: TrendMeaning | None


@dataclass(frozen=True)
class Strong:
    """Emphasised text."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link to a page beside this one (a relative path) or to a heading of this page (`#id`)."""

    text: str
    href: str


@dataclass(frozen=True)
class Break:
    """A line break within a cell or paragraph."""


Inline = str | Figure | Colour | Rating | Trend | Strong | Link | Break
Inlines = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A heading: `level` 2 to 4 (1 is the title of the document), the paper's own number (`6.1.2`) or none."""

    level: Literal[2, 3, 4]
    text: str
    number: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. `tone` note: small print that belongs to what is above."""

    content: Inlines
    tone: Literal["text", "note"] = "text"


@dataclass(frozen=True)
class Bullets:
    """A list; `ordered` where rank counts."""

    items: tuple[Inlines, ...]
    ordered: bool = False


@dataclass(frozen=True)
class Column:
    """A column of a table: its header, and whether its cells are numbers (set right)."""

    header: str
    is_number: bool = False


@dataclass(frozen=True)
class Row:
    """A row of a table: one cell per column, the first is the row's header. `is_total` rows are set apart."""

    cells: tuple[Inlines, ...]
    is_total: bool = False


@dataclass(frozen=True)
class Group:
    """A header row that spans the table and names the rows below it."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table with a caption that says what it holds."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row | Group, ...]


@dataclass(frozen=True)
class Chart:
    """A drawing: complete SVG text, its text alternative in a sentence or two, and the same data as a table."""

    title: str
    svg: str
    alternative: str
    data: Table | None = None


@dataclass(frozen=True)
class Slot:
    """Text that people write, kept in version control: `key` names its file, `paragraphs` are what it holds now.

    `of_period` (`2017-06`) is the period it was written for: an earlier one than the report's was carried over. Without
    paragraphs nobody wrote anything, and `empty` says what is printed instead.
    """

    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    of_period: str = ""
    is_carried_over: bool = False
    empty: str = "No update this reporting period."


@dataclass(frozen=True)
class Pair:
    """Two columns side by side under their headers, as `Indicator | Narrative`: each side is blocks of its own."""

    headers: tuple[str, str]
    left: "tuple[Block, ...]"
    right: "tuple[Block, ...]"


Block = Heading | Paragraph | Bullets | Table | Chart | Slot | Pair


@dataclass(frozen=True)
class Document:
    """One paper. `facts` stand under the title (period, release, data up to); `name` is its file name, no ending.

    `index`: the page that lists all papers it stands among, as a relative path; empty where there is none.
    """

    name: str
    title: str
    subtitle: str
    release_id: str
    blocks: tuple[Block, ...]
    facts: Mapping[str, Inlines] = field(default_factory=dict)
    language: str = "en-GB"
    index: str = ""

    def figures(self) -> Iterator[Figure]:
        """Every figure, in reading order: facts first."""
        for content in self.facts.values():
            yield from _of_inlines(content)
        yield from _of_blocks(self.blocks)


def _of_inlines(content: Inlines) -> Iterator[Figure]:
    yield from (inline for inline in content if isinstance(inline, Figure))


def _of_blocks(blocks: tuple[Block, ...]) -> Iterator[Figure]:
    for block in blocks:
        match block:
            case Paragraph(content=content):
                yield from _of_inlines(content)
            case Bullets(items=items):
                for item in items:
                    yield from _of_inlines(item)
            case Table():
                yield from _of_table(block)
            case Chart(data=Table() as data):
                yield from _of_table(data)
            case Pair(left=left, right=right):
                yield from _of_blocks(left)
                yield from _of_blocks(right)
            case _:
                pass


def _of_table(table: Table) -> Iterator[Figure]:
    for row in table.rows:
        if isinstance(row, Row):
            for cell in row.cells:
                yield from _of_inlines(cell)
