"""A document whose every character may stand in any of the four files.

Belongs here: what is done to text that came with a file before a writer sees it. A character that XML forbids (NUL and
other controls, halves of a pair) and one that turns the text after it round are each replaced by U+FFFD: so a reader
sees that there was something. Keys and exact values of figures stay as they are in the release.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from publishing.reports.document import Document, Figure, Shown, Source

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def printable_text(text: str) -> str:
    """The same text without what cannot or must not be printed."""
    return UNPRINTABLE.sub("\ufffd", text)


def printable(document: Document) -> Document:
    """The same document, all its text printable."""
    cleaned: Document = _clean(document)
    return cleaned


def _clean(part: Any) -> Any:
    if isinstance(part, str):
        return printable_text(part)
    if isinstance(part, tuple):
        return tuple(map(_clean, part))
    if isinstance(part, Mapping):
        return {_clean(name): _clean(value) for name, value in part.items()}
    if isinstance(part, Figure):
        return replace(part, text=printable_text(part.text))
    if isinstance(part, Source | Shown) or not is_dataclass(part):
        return part
    # Most parts need nothing: only what differs is built anew.
    changed = {}
    for field in fields(part):
        before = getattr(part, field.name)
        after = _clean(before)
        if after != before:
            changed[field.name] = after
    return replace(part, **changed) if changed else part
