"""Where things stand in a document: levels and anchors of headings, and which part needs a page turned sideways.

Belongs here: what every writer needs to know of the whole before it writes a part. Levels never skip one (a screen
reader would miss it), anchors are unique, and a row has as many cells as its table has columns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from publishing.reports.document import (
    Block,
    Bullets,
    Chart,
    Document,
    Heading,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Row,
    Slot,
    Table,
)
from publishing.reports.printable import printable

# A table of more columns than this does not fit an upright page.
UPRIGHT_COLUMNS = 8
# A page beside this one, a part of this one, or a page of the web: nothing that runs.
LINK = re.compile(r"(?:https?://|#|(?![a-z][a-z0-9+.-]*:|//))[^\s\\]*", re.IGNORECASE)
_NO_ANCHOR = re.compile(r"[^a-z0-9]+")


@dataclass
class Anchors:
    """Names that are given out once each."""

    taken: set[str] = field(default_factory=set)

    def take(self, wished: str) -> str:
        """The wished name, or with a number behind it."""
        name, number = wished, 1
        while name in self.taken:
            number += 1
            name = f"{wished}-{number}"
        self.taken.add(name)
        return name


def slug(text: str) -> str:
    """Text as a part of an address: lower case letters, digits and hyphens."""
    return _NO_ANCHOR.sub("-", text.lower()).strip("-")


def slot_anchor(slot: Slot) -> str:
    """The name of the place of a slot."""
    return f"slot-{slug(slot.key)}"


def title_of(heading: Heading) -> str:
    """Number and text."""
    return f"{heading.number} {heading.text}".strip()


def prepared(document: Document) -> Document:
    """The document as writers want it: printable, checked, with every heading's final level and anchor."""
    document = printable(document)
    # Anchors that builders chose are links' targets: they are given first.
    chosen = [heading.anchor for heading in headings(document.blocks) if heading.anchor]
    if len(set(chosen)) < len(chosen):
        twice = next(anchor for anchor in chosen if chosen.count(anchor) > 1)
        raise ValueError(f"two headings of {document.name} have the anchor {twice}: a link would not know which")
    places = _Places(Anchors({"content", *chosen}))
    document = replace(document, blocks=places.of(document.blocks))
    known = {heading.anchor for heading in headings(document.blocks)}
    for content in (*document.facts.values(), *_contents(document.blocks)):
        for inline in content:
            if isinstance(inline, Link):
                _check_link(inline.href, known)
    return document


def _check_link(href: str, known: set[str]) -> None:
    if not LINK.fullmatch(href):
        raise ValueError(f"a link leads to {href!r}: expected a page beside this one, #part, http:// or https://")
    if href.startswith("#") and href[1:] not in known:
        raise ValueError(f"a link leads to {href!r}: no heading has this anchor")


def _contents(blocks: tuple[Block, ...]) -> Iterator[Inlines]:
    """What is written in paragraphs, lists and cells."""
    for block in blocks:
        match block:
            case Paragraph(content=content):
                yield content
            case Bullets(items=items):
                yield from items
            case Table(rows=rows) | Chart(data=Table(rows=rows)):
                for row in rows:
                    if isinstance(row, Row):
                        yield from row.cells
            case Pair(left=left, right=right):
                yield from _contents((*left, *right))
            case _:
                pass


@dataclass
class _Places:
    anchors: Anchors
    level: int = 1

    def of(self, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
        return tuple(map(self._of_block, blocks))

    def _of_block(self, block: Block) -> Block:
        match block:
            case Heading():
                self.level = min(block.level, self.level + 1)
                anchor = block.anchor or self.anchors.take(slug(title_of(block)) or "section")
                return replace(block, level=self.level, anchor=anchor)  # type: ignore[arg-type]
            case Pair():
                return replace(block, left=self.of(block.left), right=self.of(block.right))
            case Chart():
                if not block.alternative.strip():
                    raise ValueError(f"the chart '{block.title}' has no text alternative: say what it shows")
                if block.data is not None:
                    _check(block.data)
            case Table():
                _check(block)
            case _:
                pass
        return block


def _check(table: Table) -> None:
    for row in table.rows:
        if isinstance(row, Row) and len(row.cells) != len(table.columns):
            raise ValueError(
                f"a row of the table '{table.caption}' has {len(row.cells)} cells, its columns are {len(table.columns)}"
            )


def headings(blocks: tuple[Block, ...]) -> Iterator[Heading]:
    """Every heading, in reading order."""
    for block in blocks:
        if isinstance(block, Heading):
            yield block
        elif isinstance(block, Pair):
            yield from headings(block.left)
            yield from headings(block.right)


@dataclass(frozen=True)
class Spread:
    """Blocks that follow each other on pages of one kind."""

    is_wide: bool
    blocks: tuple[Block, ...]


def spreads(blocks: tuple[Block, ...]) -> list[Spread]:
    """The document cut where the page must turn; the headings of a wide table turn with it."""
    cut: list[Spread] = []
    upright: list[Block] = []
    for block in blocks:
        if not _is_wide(block):
            upright.append(block)
            continue
        start = _start_of_introduction(upright)
        wide = (*upright[start:], block)
        if upright[:start]:
            cut.append(Spread(False, tuple(upright[:start])))
        if cut and cut[-1].is_wide:
            wide = (*cut.pop().blocks, *wide)
        cut.append(Spread(True, wide))
        upright = []
    if upright:
        cut.append(Spread(False, tuple(upright)))
    return cut


def _is_wide(block: Block) -> bool:
    return isinstance(block, Table) and len(block.columns) > UPRIGHT_COLUMNS


def _start_of_introduction(blocks: list[Block]) -> int:
    """Where the last heading before a wide table begins, with those just above it; the end where text is long."""
    last = next((i for i in range(len(blocks) - 1, -1, -1) if isinstance(blocks[i], Heading)), len(blocks))
    if len(blocks) - last > 3:
        return len(blocks)
    while last > 0 and isinstance(blocks[last - 1], Heading):
        last -= 1
    return last
