"""A document as plain lists and dictionaries, as templates take it.

Belongs here: what both templates (HTML and PDF) are told: kinds, texts, words of colours and arrows, levels of slots.
How anything looks is in the templates.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from types import MappingProxyType
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
    Row,
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
# What the keys of all sources of one table of the release have in common, by that table.
Common = Mapping[str, Mapping[str, str | None]]
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
        "index": document.index,
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
        rows = [row for row in table.rows if isinstance(row, Row)]
        common = [_common([row.cells[place] for row in rows]) for place in range(len(table.columns))]
        return {
            "kind": "table",
            "number": self.tables,
            "caption": table.caption,
            "is_compact": is_compact(found),
            "is_short": len(table.rows) <= TOGETHER,
            "columns": [
                {"header": column.header, "is_number": column.is_number, "common": keys, **asdict(width)}
                for column, width, keys in zip(table.columns, found, common, strict=True)
            ],
            "rows": [
                {"group": row.text}
                if isinstance(row, Group)
                else {
                    "group": None,
                    "cells": [_run(cell, self.origin, keys) for cell, keys in zip(row.cells, common, strict=True)],
                    "is_total": row.is_total,
                }
                for row in table.rows
            ],
        }


def _run(content: Inlines, origin: Origin, common: Common = MappingProxyType({})) -> list[Node]:
    return [_inline(inline, origin, common) for inline in content]


def _common(cells: Sequence[Inlines]) -> Common:
    """By table of the release, what the keys of the figures of a column all say: said once, a page is half as heavy."""
    found: dict[str, dict[str, str | None]] = {}
    seen: Counter[str] = Counter()
    for source in (one for cell in cells for part in cell if isinstance(part, Figure) for one in part.sources):
        seen[source.table] += 1
        if source.table not in found:
            found[source.table] = dict(source.key)
        elif found[source.table].items() - source.key.items():
            kept = found[source.table].items() & source.key.items()
            found[source.table] = {name: value for name, value in found[source.table].items() if (name, value) in kept}
    return {table: keys for table, keys in found.items() if keys and seen[table] > 1}


def _inline(inline: Inline, origin: Origin, common: Common) -> Node:
    match inline:
        case str():
            return {"kind": "text", "text": inline}
        case Figure():
            return _figure(inline, origin(inline), common)
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


def _figure(figure: Figure, href: str, common: Common) -> Node:
    return {
        "kind": "figure",
        "text": figure.text,
        "value": exact(figure),
        "is_number": not isinstance(figure.value, str),
        "sources": [_source(source, common.get(source.table, {})) for source in figure.sources],
        "operation": figure.operation,
        "shown": _how(figure.how),
        "href": href,
    }


def exact(figure: Figure) -> str:
    """The exact value as text that reads back as the same value (of text: without what no page can hold)."""
    value = figure.value
    return format(value, "f") if isinstance(value, Decimal) else printable_text(str(value))


def _source(source: Source, common: Mapping[str, str | None]) -> Mapping[str, object]:
    taken = {} if source.sign == 1 else {"sign": source.sign}
    key = {name: value for name, value in source.key.items() if name not in common}
    return {"table": source.table, "key": key, "column": source.column, **taken}


def _how(how: Shown) -> str:
    """What differs from the plain way, as JSON; a scale that is a decimal as its text."""
    default = Shown()
    said = {one.name: getattr(how, one.name) for one in fields(how)}
    differs = {name: value for name, value in said.items() if value != getattr(default, name)}
    return json.dumps(differs, default=str, separators=(",", ":"))
