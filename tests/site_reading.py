"""Finished pages of the site read again: their figures, links, anchors and what leads where.

Belongs here: reading HTML as a browser finds it, by other code than wrote it.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import html

from publishing.reports.document import Figure, Shown, Source

# Of the file of a submission: it stands below the heading of it.
HASH = re.compile(r"SHA-256: ([0-9a-f]{64})")


@dataclass(frozen=True)
class Link:
    """A link of a page: `page` is a path below the folder of the site, empty for an address elsewhere."""

    href: str
    page: str
    anchor: str
    is_of_figure: bool
    is_content: bool


@dataclass(frozen=True)
class SitePage:
    """One page as it was written. `hashes`: of the files that stand on it, by the anchor of each."""

    path: str
    size: int
    figures: tuple[Figure, ...]
    unled: int
    links: tuple[Link, ...]
    anchors: frozenset[str]
    hashes: Mapping[str, str]
    headings: tuple[str, ...]
    acting: tuple[str, ...]


def read_site(folder: Path) -> dict[str, SitePage]:
    """Every page of a folder, by its path."""
    files = sorted(folder.rglob("*.html"))
    return {path: read_page(file, path) for file in files for path in [file.relative_to(folder).as_posix()]}


def read_page(file: Path, path: str) -> SitePage:
    """One page."""
    root = html.fromstring(file.read_bytes())
    data = root.xpath("//main//data")
    return SitePage(
        path=path,
        size=file.stat().st_size,
        figures=tuple(map(_figure, data)),
        unled=sum(one.getparent().tag != "a" for one in data),
        links=tuple(_links(root, path)),
        anchors=frozenset(root.xpath("//@id")),
        hashes={
            heading.get("id"): found[0]
            for heading in root.xpath("//main//h2[@id]")
            if (found := HASH.findall("".join(heading.xpath("string(following-sibling::*[1])"))))
        },
        headings=tuple(root.xpath("//main//h1//text()|//main//h2//text()")),
        acting=tuple(_acting(root)),
    )


def _acting(root: Any) -> Iterator[str]:
    """What would run or be fetched."""
    for element in root.iter("script", "iframe", "object", "embed", "form", "img", "video", "audio", "base"):
        yield element.tag
    for element in root.iter():
        yield from (name for name in element.attrib if name.startswith("on") or name == "src")


def _links(root: Any, path: str) -> Iterator[Link]:
    for element in root.xpath("//a[@href]|//link[@href]"):
        href = element.get("href")
        if href.startswith(("http:", "https:", "data:")):
            yield Link(href, "", "", False, False)
            continue
        target, _, anchor = href.partition("#")
        page = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
        is_content = any(parent.tag == "main" for parent in element.iterancestors())
        yield Link(href, page, anchor, element.find("data") is not None, is_content)


def _figure(element: Any) -> Figure:
    said = element.attrib
    if "data-sources" in said:
        sources = json.loads(said["data-sources"])
    else:
        key = json.loads(said.get("data-key", "{}"))
        sources = [{"table": said["data-table"], "key": key, "column": said["data-column"]}]
    common = _common(element)
    how = json.loads(said.get("data-shown", "{}"))
    if "scale" in how:
        how["scale"] = Decimal(str(how["scale"]))
    return Figure(
        text=element.text_content(),
        value=Decimal(said["value"]) if "n" in said.get("class", "").split() else said["value"],
        how=Shown(**how),
        sources=tuple(
            Source(one["table"], common.get(one["table"], {}) | one["key"], one["column"], one.get("sign", 1))
            for one in sources
        ),
        operation=said.get("data-operation", "value"),
    )


def _common(element: Any) -> Mapping[str, dict[str, str | None]]:
    """What the column of a figure says of the keys of its figures."""
    cell = next((one for one in element.iterancestors("th", "td")), None)
    if cell is None:
        return {}
    columns = next(cell.iterancestors("table")).xpath("./colgroup/col")
    place = sum(1 for _ in cell.itersiblings("th", "td", preceding=True))
    found: dict[str, dict[str, str | None]] = json.loads(columns[place].get("data-keys", "{}")) if columns else {}
    return found


def broken(pages: Mapping[str, SitePage], files: Collection[str]) -> list[str]:
    """Links that lead nowhere: no such page or file, no such place on it."""
    found = []
    for page in pages.values():
        for link in page.links:
            if not link.page:
                continue
            if link.page not in files:
                found.append(f"{page.path}: {link.href} leads to no file")
            elif link.anchor and link.anchor not in pages[link.page].anchors:
                found.append(f"{page.path}: {link.href} leads to no place of {link.page}")
    return found


def reach(pages: Mapping[str, SitePage], start: str, clicks: int) -> set[str]:
    """Pages within so many clicks of a page, by links of their contents alone."""
    seen, edge = {start}, {start}
    for _ in range(clicks):
        edge = {link.page for path in edge for link in pages[path].links if link.is_content} & pages.keys() - seen
        seen |= edge
    return seen
