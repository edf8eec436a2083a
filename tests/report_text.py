"""Documents as plain text, for tests that compare what a committee reads."""

from publishing.reports.document import (
    Block,
    Break,
    Colour,
    Document,
    Figure,
    Group,
    Heading,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Rating,
    Row,
    Strong,
    Table,
    Trend,
)


def plain(content: Inlines) -> str:
    """A cell or paragraph: colours as capital words, arrows as `[down, improving]`, breaks as ` / `."""
    parts = []
    for inline in content:
        match inline:
            case str():
                parts.append(inline)
            case Figure(text=text) | Strong(text=text) | Link(text=text):
                parts.append(text)
            case Colour(name=name):
                parts.append(name.upper())
            case Rating(name=name):
                parts.append(f"({name})")
            case Trend(direction=direction, meaning=meaning):
                parts.append(f"[{direction}, {meaning}]")
            case Break():
                parts.append(" / ")
    return "".join(parts)


def rows_of(table: Table) -> list[tuple[str, ...]]:
    """Rows as tuples of text; a group is a tuple of one."""
    return [(row.text,) if isinstance(row, Group) else tuple(plain(cell) for cell in row.cells) for row in table.rows]


def section(document: Document, number: str) -> list[Block]:
    """Blocks below the heading of this number, up to the next heading of its level or above."""
    found: list[Block] = []
    level = 0
    for block in document.blocks:
        if isinstance(block, Heading):
            if level and block.level <= level:
                break
            if block.number == number:
                level = block.level
                continue
        if level:
            found.append(block)
    return found


def tables(blocks: list[Block]) -> list[Table]:
    """Tables among blocks, those beside others too."""
    found: list[Table] = []
    for block in blocks:
        if isinstance(block, Table):
            found.append(block)
        elif isinstance(block, Pair):
            found += tables([*block.left, *block.right])
    return found


def lines(blocks: list[Block]) -> list[str]:
    """Paragraphs among blocks, those of pairs too."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found.append(plain(block.content))
        elif isinstance(block, Pair):
            found += lines([*block.left, *block.right])
    return found


__all__ = ["Row", "lines", "plain", "rows_of", "section", "tables"]
