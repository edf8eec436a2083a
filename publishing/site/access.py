"""Pages of access: the dashboard, with its long tables of practices on pages of their own.

Belongs here: cutting the dashboard so that no page is heavy. What it shows is the paper's.
"""

from collections.abc import Iterator
from dataclasses import replace

from publishing.reports.access_dashboard import AccessDashboard
from publishing.reports.document import Block, Bullets, Document, Heading, Link, Table
from publishing.reports.pack_data import PackData
from publishing.site import links
from publishing.site.frame import Page
from publishing.site.links import href

SECTION = "Practices"
# Practices of a page: each has some twenty figures, of which each says where it stands.
ROWS = 25


def pages(data: PackData) -> Iterator[Page]:
    """The dashboard, and a page for each part of its tables of practices."""
    whole = AccessDashboard(data).document()
    blocks: list[Block] = []
    heading: Heading | None = None
    for block in whole.blocks:
        if isinstance(block, Heading):
            heading = block
        if isinstance(block, Table) and heading is not None and len(block.rows) > ROWS:
            parts = list(_parts(whole, heading, block))
            items = tuple((Link(page.document.title, href(links.ACCESS, page.path)),) for page in parts)
            blocks.append(Bullets(items))
            yield from parts
        else:
            blocks.append(block)
    yield Page(links.ACCESS, replace(whole, blocks=tuple(blocks)), SECTION)


def _parts(whole: Document, heading: Heading, table: Table) -> Iterator[Page]:
    starts = range(0, len(table.rows), ROWS)
    for number, start in enumerate(starts, start=1):
        title = f"{heading.text}, part {number} of {len(starts)}"
        document = replace(
            whole, title=title, blocks=(replace(table, rows=table.rows[start : start + ROWS]),), facts={}
        )
        yield Page(f"access/{heading.anchor}-{number}", document, SECTION, ((whole.title, links.ACCESS),))
