"""A document as tagged PDF (PDF/UA-1): the same document is the same bytes on every machine.

Belongs here: what the template `pages/report.typ` is given. The time in the file is the release's, fonts are our own.
"""

import json
from pathlib import Path
from typing import Any

from pcw.files import write_atomically
from publishing.reports import look
from publishing.reports.archives import moment_of
from publishing.reports.document import Document
from publishing.reports.drawings import for_paper
from publishing.reports.outline import prepared
from publishing.reports.tree import Node, tree
from publishing.reports.typesetting import drawable, typeset

# A row of more characters than this may go over a page's end.
LONG_ROW = 1500
LOOK = json.dumps(
    {
        "ink": look.INK,
        "quiet": look.QUIET,
        "blue": look.BLUE,
        "dark": look.DARK,
        "shade": look.SHADE,
        "line": look.LINE,
        "chips": look.CHIPS,
        "tones": {name or "none": ink for name, ink in look.TONES.items()},
    }
)
# What is printed; the rest of a node is for machines.
_PRINTED = frozenset(
    {"text", "title", "caption", "header", "name", "subtitle", "alternative", "carried", "empty", "group"}
)


def write(document: Document, path: Path) -> None:
    """The document as a file."""
    write_atomically(path, render(document))


def render(document: Document) -> bytes:
    """The document."""
    paper = _for_typst(tree(prepared(document)))
    language, _, region = document.language.partition("-")
    moment = moment_of(document.release_id)
    paper |= {
        "name": " - ".join(part for part in (document.title, document.subtitle) if part),
        "lang": language,
        "region": region or None,
        "moment": {part: getattr(moment, part) for part in ("year", "month", "day", "hour", "minute", "second")},
    }
    inputs = {"document": json.dumps(paper), "look": LOOK}
    return typeset("report.typ", inputs, format="pdf", pdf_standards=["ua-1"], timestamp=moment)


def _for_typst(part: Any, name: str = "") -> Any:
    """The same tree: text in characters that fonts have, charts in our font, nothing for machines."""
    if isinstance(part, str):
        return drawable(part) if name in _PRINTED else part
    if isinstance(part, list):
        return [_for_typst(each, "text" if name in ("paragraphs", "headers") else "") for each in part]
    if not isinstance(part, dict):
        return part
    kind = part.get("kind")
    if kind == "figure":
        return {"kind": kind, "text": drawable(part["text"]), "is_number": part["is_number"]}
    node: Node = {key: _for_typst(value, key) for key, value in part.items()}
    if kind == "chart":
        node["svg"], node["share"] = for_paper(part["svg"])
    if kind == "table":
        node["is_long"] = any(_length(row) > LONG_ROW for row in part["rows"])
    return node


def _length(row: Node) -> int:
    return sum(len(inline.get("text", "")) for cell in row.get("cells", ()) for inline in cell)
