"""A page of the site: a document in the frame that all pages share.

Belongs here: what the frame says and how a page is written. No script, nothing fetched but the one stylesheet beside
it; every link is relative, so that pages open from any folder.
"""

from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publishing.reports import as_html
from publishing.reports.document import Document, Paragraph
from publishing.reports.outline import prepared
from publishing.reports.reader import COUNTS
from publishing.reports.tree import tree
from publishing.reports.widths import plain
from publishing.site import links
from publishing.site.links import Origin, href

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "pages"
STYLE = "site.css"
FEEDS = "Where figures come from"
# Name of a section in the navigation, and the page that it begins with.
SECTIONS = (
    ("Indicators", "indicators/index"),
    ("Practices", "practice/index"),
    ("Neighbourhoods", "neighbourhood/index"),
    ("Savings", links.SAVINGS),
    ("Data quality", links.QUALITY),
    (FEEDS, links.LINEAGE),
)
FIRST_OF = dict(SECTIONS)
# Those of the pages that several commissioners share.
OF_ALL = tuple((name, path) for name, path in SECTIONS if path in (links.QUALITY, links.LINEAGE))


@dataclass(frozen=True)
class Page:
    """A page and its place: `path` has no ending; `section` is a name of `SECTIONS` or empty.

    `within`: the pages between the first of the section and this one, as title and path.
    """

    path: str
    document: Document
    section: str = ""
    within: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Foot:
    """What stands at the foot of every page; `commissioner`: whose pages these are, all codes of those that all share.

    `is_member`: one of several commissioners, whose pages lie beside what all share. `is_shared`: these are what all
    share.
    """

    commissioner: str
    release_id: str
    built: str
    data: str
    disclosure: str
    is_member: bool = False
    is_shared: bool = False


def style() -> str:
    """The stylesheet of the site: that of documents, and the frame."""
    return f"{as_html.css()}{(TEMPLATES / STYLE).read_text(encoding='utf-8')}"


def render(page: Page, foot: Foot, origin: Origin) -> str:
    """The page."""
    here = page.path
    before = [] if here == links.INDEX else [("Start", links.INDEX)]
    if page.section and FIRST_OF[page.section] != here:
        before.append((page.section, FIRST_OF[page.section]))
    document = tree(prepared(page.document), partial(origin.of, here))
    is_said = _says(page.document, foot.disclosure) or not _shows_figures(page)

    def to(there: str) -> str:
        return links.led(here, href(here, there)) if foot.is_member else href(here, there)

    return _template().render(
        document=_led(here, document) if foot.is_member else document,
        foot=replace(foot, disclosure="") if is_said else foot,
        to=to,
        style=f"{'../' * here.count('/')}{STYLE}",
        home=links.INDEX,
        letters=links.LETTERS,
        here=here,
        section=page.section,
        sections=OF_ALL if foot.is_shared else SECTIONS,
        before=[*before, *page.within],
    )


def _says(document: Document, disclosure: str) -> bool:
    """Whether a paper says itself what of counts of patients is hidden: in its facts, or in a note of its own."""
    notes = (plain(block.content) for block in document.blocks if isinstance(block, Paragraph))
    return COUNTS in document.facts or any(disclosure in note for note in notes)


def _shows_figures(page: Page) -> bool:
    """Whether figures stand on a page, or only files, gates and names."""
    return page.section != FEEDS and page.path != links.LETTERS


def _led(here: str, node: Any) -> Any:
    """A tree whose links know what several commissioners share."""
    if isinstance(node, list):
        return [_led(here, one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        name: links.led(here, value) if name == "href" and value else _led(here, value) for name, value in node.items()
    }


@cache
def _template() -> "jinja2.Template":
    return as_html.environment(TEMPLATES, as_html.TEMPLATES).get_template("site.html.j2")
