"""A document as plain lists and dictionaries, as templates take it.

Belongs here: what both templates (HTML and PDF) are told: kinds, texts, words of colours and arrows, levels of slots.
How anything looks is in the templates.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Chart,
    Colour,
    Document,
    Figure,
    Group,
    Heading,
    Inline,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Rating,
    Shown,
    Slot,
    Source,
    Strong,
    Table,
    Trend,
)
from publishing.reports.look import ARROWS, carried_over, chip_word, trend_words
from publishing.reports.outline import Anchors, headings, slot_anchor, spreads, title_of
from publishing.reports.printable import printable_text
from publishing.reports.widths import PAGE, TOGETHER, is_compact, volume, widths

Node = dict[str, Any]
Origin = Callable[[Figure], str]
CONTENTS_LEVEL = 3


def no_origin(figure: Figure) -> str:
    """A paper stands alone: its figures say where they stand in the release, and lead nowhere."""
    return ""


def tree(document: Document, origin: Origin = no_origin) -> Node:
    """A document that `outline.prepared` made. `origin`: the page that a figure leads to, empty for none."""
    walk = _Walk(Anchors({heading.anchor for heading in headings(document.blocks)}), origin)
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "language": document.language,
        "release_id": document.release_id,
        "facts": [{"name": name, "content": _run(content, origin)} for name, content in document.facts.items()],
        "contents": [
            {"level": heading.level, "text": title_of(heading), "anchor": heading.anchor}
            for heading in headings(document.blocks)
            if heading.level <= CONTENTS_LEVEL
        ],
        "spreads": [
            {"is_wide": spread.is_wide, "blocks": walk.blocks(spread.blocks)} for spread in spreads(document.blocks)
        ],
    }


@dataclass
class _Walk:
    """Reading order, and what depends on it."""

    anchors: Anchors
    origin: Origin
    level: int = 1
    tables: int = 0
    charts: int = 0

    def blocks(self, blocks: tuple[Block, ...]) -> list[Node]:
        return [self._block(block) for block in blocks]

    def _block(self, block: Block) -> Node:
        match block:
            case Heading():
                self.level = block.level
                return {"kind": "heading", "level": block.level, "text": title_of(block), "anchor": block.anchor}
            case Paragraph():
                return {
                    "kind": "paragraph",
                    "content": _run(block.content, self.origin),
                    "is_note": block.tone == "note",
                }
            case Bullets():
                return {
                    "kind": "bullets",
                    "items": [_run(item, self.origin) for item in block.items],
                    "is_ordered": block.ordered,
                }
            case Table():
                return self._table(block)
            case Chart():
                self.charts += 1
                return {
                    "kind": "chart",
                    "number": self.charts,
                    "title": block.title,
                    "svg": block.svg,
                    "alternative": block.alternative,
                    "data": self._table(block.data) if block.data else None,
                }
            case Slot():
                return {
                    "kind": "slot",
                    "level": self.level + 1,
                    "anchor": self.anchors.take(slot_anchor(block)),
                    "title": block.title,
                    "carried": carried_over(block.of_period) if block.is_carried_over else "",
                    "paragraphs": list(block.paragraphs),
                    "empty": block.empty,
                }
            case Pair():
                return {
                    "kind": "pair",
                    "headers": list(block.headers),
                    "is_long": volume((block,)) > PAGE,
                    "sides": [self.blocks(block.left), self.blocks(block.right)],
                }

    def _table(self, table: Table) -> Node:
        self.tables += 1
        found = widths(table)
        return {
            "kind": "table",
            "number": self.tables,
            "caption": table.caption,
            "is_compact": is_compact(found),
            "is_short": len(table.rows) <= TOGETHER,
            "columns": [
                {"header": column.header, "is_number": column.is_number, **asdict(width)}
                for column, width in zip(table.columns, found, strict=True)
            ],
            "rows": [
                {"group": row.text}
                if isinstance(row, Group)
                else {"group": None, "cells": [_run(cell, self.origin) for cell in row.cells], "is_total": row.is_total}
                for row in table.rows
            ],
        }


def _run(content: Inlines, origin: Origin) -> list[Node]:
    return [_inline(inline, origin) for inline in content]


def _inline(inline: Inline, origin: Origin) -> Node:
    match inline:
        case str():
            return {"kind": "text", "text": inline}
        case Figure():
            return _figure(inline, origin(inline))
        case Colour() | Rating():
            return {"kind": "chip", "name": inline.name, "text": chip_word(inline)}
        case Trend():
            words, arrow = trend_words(inline), ARROWS[inline.direction]
            return {"kind": "trend", "arrow": arrow, "text": words, "tone": inline.meaning or "none"}
        case Strong():
            return {"kind": "strong", "text": inline.text}
        case Link():
            return {"kind": "link", "text": inline.text, "href": inline.href}
        case Break():
            return {"kind": "break"}


def _figure(figure: Figure, href: str) -> Node:
    return {
        "kind": "figure",
        "text": figure.text,
        "value": exact(figure),
        "is_number": not isinstance(figure.value, str),
        "sources": [_source(source) for source in figure.sources],
        "operation": figure.operation,
        "shown": _how(figure.how),
        "href": href,
    }


def exact(figure: Figure) -> str:
    """The exact value as text that reads back as the same value (of text: without what no page can hold)."""
    value = figure.value
    return format(value, "f") if isinstance(value, Decimal) else printable_text(str(value))


def _source(source: Source) -> Mapping[str, object]:
    taken = {} if source.sign == 1 else {"sign": source.sign}
    return {"table": source.table, "key": dict(source.key), "column": source.column, **taken}


def _how(how: Shown) -> str:
    """What differs from the plain way, as JSON; a scale that is a decimal as its text."""
    default = Shown()
    said = {one.name: getattr(how, one.name) for one in fields(how)}
    return json.dumps({name: value for name, value in said.items() if value != getattr(default, name)}, default=str)
