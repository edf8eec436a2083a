"""A page of the site: a document in the frame that all pages share.

Belongs here: what the frame says and how a page is written. No script, nothing fetched but the one stylesheet beside
it; every link is relative, so that pages open from any folder.
"""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from publishing.reports import as_html
from publishing.reports.document import Document
from publishing.reports.outline import prepared
from publishing.reports.tree import tree
from publishing.site import links
from publishing.site.links import Origin, href

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).parent / "pages"
STYLE = "site.css"
# Name of a section in the navigation, and the page that it begins with.
SECTIONS = (
    ("Indicators", "indicators/index"),
    ("Practices", "practice/index"),
    ("Neighbourhoods", "neighbourhood/index"),
    ("Savings", links.SAVINGS),
    ("Data quality", links.QUALITY),
    ("Where figures come from", links.LINEAGE),
)
FIRST_OF = dict(SECTIONS)


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
    """What stands at the foot of every page."""

    commissioner: str
    release_id: str
    built: str
    data: str


def style() -> str:
    """The stylesheet of the site: that of documents, and the frame."""
    return f"{as_html.css()}{(TEMPLATES / STYLE).read_text(encoding='utf-8')}"


def render(page: Page, foot: Foot, origin: Origin) -> str:
    """The page."""
    here = page.path
    before = [] if here == links.INDEX else [("Start", links.INDEX)]
    if page.section and FIRST_OF[page.section] != here:
        before.append((page.section, FIRST_OF[page.section]))
    return _template().render(
        document=tree(prepared(page.document), partial(origin.of, here)),
        foot=foot,
        to=partial(href, here),
        style=f"{'../' * here.count('/')}{STYLE}",
        home=links.INDEX,
        letters=links.LETTERS,
        here=here,
        section=page.section,
        sections=SECTIONS,
        before=[*before, *page.within],
    )


@cache
def _template() -> "jinja2.Template":
    return as_html.environment(TEMPLATES, as_html.TEMPLATES).get_template("site.html.j2")
