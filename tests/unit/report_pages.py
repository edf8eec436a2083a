"""What a reader finds in the files of a report: figures of a page with their sources, words of the other files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from typing import Any

from publishing.reports.document import Document


@dataclass
class PageFigure:
    """A figure as a page shows it: compare `text` with the release's figure at `sources`."""

    text: str
    value: str
    sources: list[dict[str, Any]]
    operation: str
    shown: dict[str, Any]


class _Figures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[PageFigure] = []
        self.is_open = False
        # of the table that is open: what the keys of each column have in common, and which column this is
        self.columns: list[dict[str, dict[str, Any]]] = []
        self.column = -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "table":
            self.columns = []
        elif tag == "col":
            self.columns.append(json.loads(said.get("data-keys", "{}")))
        elif tag == "tr":
            self.column = -1
        elif tag in ("th", "td"):
            self.column += 1
        elif tag == "data":
            self._open(said)

    def _open(self, said: dict[str, str]) -> None:
        if "data-sources" in said:
            sources = json.loads(said["data-sources"])
        else:
            key = json.loads(said.get("data-key", "{}"))
            sources = [{"table": said["data-table"], "key": key, "column": said["data-column"]}]
        common = self.columns[self.column] if self.columns else {}
        for source in sources:
            source["key"] = common.get(source["table"], {}) | source["key"]
        operation, how = said.get("data-operation", "value"), json.loads(said.get("data-shown", "{}"))
        self.found.append(PageFigure("", said["value"], sources, operation, how))
        self.is_open = True

    def handle_endtag(self, tag: str) -> None:
        self.is_open = self.is_open and tag != "data"
        if tag == "table":
            self.columns = []

    def handle_data(self, data: str) -> None:
        if self.is_open:
            self.found[-1].text += data


def page_figures(html: str) -> list[PageFigure]:
    """Every figure of a page, in reading order."""
    parser = _Figures()
    parser.feed(html)
    return parser.found


def missing_in_order(document: Document, text: str) -> list[str]:
    """Figures of a document that do not stand in the text, each after the one before it."""
    words = iter([re.sub(r"[.,;:]+$", "", word) for word in text.replace("\u200b", "").split()])
    missing = []
    for figure in document.figures():
        if not any(word == figure.text for word in words):
            missing.append(figure.text)
            break
    return missing


def excel_text(value: float | int | Decimal, number_format: str) -> str:
    """A number as Excel shows it; only what our formats use."""
    tokens = re.findall(r'"([^"]*)"|\\(.)|([#0,.]+)|(.)', number_format)
    ends = [place for place, token in enumerate(tokens) if token[3] == ";"]
    sign = "-" if value < 0 and not ends else ""
    if ends:
        tokens = tokens[ends[0] + 1 :] if value < 0 else tokens[: ends[0]]
    shown = ""
    for quoted, escaped, digits, other in tokens:
        if digits:
            core = digits.rstrip(",")
            scale = 1000 ** (len(digits) - len(core))
            decimals = len(core.partition(".")[2])
            exact = abs(Decimal(str(value))) / scale
            shown += f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,}"
        else:
            shown += quoted or escaped or other
    return sign + shown
