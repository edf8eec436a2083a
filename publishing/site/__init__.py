"""A static site of one release: pages that open from a file share, without a server and without a script.

Belongs here: which pages there are and in which order they are written. What is on a page is its own module's.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from publishing.origin import Origins
from publishing.reports import indicator_pages
from publishing.reports.document import Bullets, Document, Heading, Link, Paragraph
from publishing.reports.formats import day
from publishing.reports.making import period_of
from publishing.reports.pack_data import PackData
from publishing.reports.reader import Reader, opened
from publishing.reports.texts import Texts
from publishing.site import access, changes, feeds, front, gates, links, organisations, savings
from publishing.site.frame import FEEDS, STYLE, Foot, Page, render, style
from publishing.site.lineage import Lineage
from publishing.site.links import Origin
from publishing.site.quality import Quality


@dataclass(frozen=True)
class SiteMade:
    """What was written: how many pages and bytes, and the largest page."""

    pages: int
    size: int
    largest: Path
    largest_size: int


class Site:
    """The pages of one commissioner, written one after the other: nobody has to hold them all."""

    def __init__(self, reader: Reader, texts: Texts, folder: Path) -> None:
        self._reader, self._folder = reader, folder
        self._is_of_several = len(reader.commissioners) > 1
        self._data = PackData(reader, texts)
        self._origins = Origins(reader)
        self._titles = {name: feed.title for name, feed in self._origins.contracts.items()}
        self._filed = links.filed(self._origins.submissions)
        self._origin = Origin(self._origins.contracts, self._filed)
        (release,) = reader.records("release")
        built = day(release["created_at"])
        self._foot = Foot(
            reader.commissioner,
            reader.release_id,
            built,
            self._data.statement,
            reader.disclosure,
            is_member=self._is_of_several,
        )
        self.sizes: dict[Path, int] = {}

    def write(self) -> None:
        """Every page, and the stylesheet."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._put(STYLE, style())
        found: list[tuple[str, str]] = []
        for page in self.pages():
            found += front.named([page])
            self._page(page)
        self._page(front.letters(self._data, found))
        self._write_origins(self._data.versions)

    def pages(self) -> Iterator[Page]:
        """All pages but those that are made of the others; of several commissioners all but what they share."""
        data = self._data
        quality = Quality(data, self._titles)
        yield front.first_page(data, quality)
        yield changes.page(data, self._filed, self._titles)
        yield Page("indicators/index", indicator_pages.index(data), "Indicators")
        for indicator in data.versions:
            yield self._indicator(indicator)
        yield from organisations.practices(data)
        yield from organisations.neighbourhoods(data)
        yield from access.pages(data)
        yield from savings.pages(data)
        if not self._is_of_several:
            yield from self.shared_pages(quality)

    def shared_pages(self, quality: Quality) -> Iterator[Page]:
        """Pages of the whole release: what they say names practices of each of its commissioners."""
        yield quality.page()
        yield from feeds.pages(self._reader, self._origins, self._filed)
        yield from gates.pages(self._reader)

    def _write_origins(self, indicators: Collection[str]) -> None:
        # At last, for only now is known which periods and tables figures lead to.
        for page in Lineage(self._data, self._origins, self._filed, self._origin, indicators).pages():
            self._page(page)

    def _indicator(self, indicator: str) -> Page:
        here = links.indicator(indicator)
        document = indicator_pages.page(self._data, indicator)
        origin = Link("Files and gates", links.href(here, links.origin_of_indicator(indicator)))
        facts = dict(document.facts) | {"Where figures come from": (origin,)}
        return Page(here, replace(document, facts=facts), "Indicators")

    def _page(self, page: Page) -> None:
        self._put(f"{page.path}.html", render(page, self._foot, self._origin))

    def _put(self, name: str, text: str) -> None:
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.sizes[path] = path.stat().st_size


class Shared(Site):
    """What several commissioners share, one folder above theirs: who they are, feeds, files, gates, data quality."""

    def __init__(self, reader: Reader, texts: Texts, folder: Path) -> None:
        super().__init__(reader, texts, folder)
        codes = ", ".join(reader.commissioners)
        self._foot = replace(self._foot, commissioner=codes, data="", is_member=False, is_shared=True)

    def write(self) -> None:
        """Every page, and the stylesheet."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._put(STYLE, style())
        for page in self.pages():
            self._page(page)
        self._write_origins(())

    def pages(self) -> Iterator[Page]:
        """All pages but those that are made of the others."""
        yield self._choice()
        yield from self.shared_pages(Quality(self._data, self._titles))

    def _choice(self) -> Page:
        """Which commissioners there are."""
        rows = self._reader.records("organisation", "org_type = 'commissioner'")
        names = {row["org_code"]: row["name"] for row in rows}
        members = tuple(
            (Link(f"{names.get(code) or code} ({code})", f"{code}/{links.INDEX}.html"),)
            for code in self._reader.commissioners
        )
        together = (
            (Link("Data quality", links.href(links.INDEX, links.QUALITY)), ": what is late, found and in question."),
            (Link(FEEDS, links.href(links.INDEX, links.LINEAGE)), ": feeds, files and gates."),
        )
        document = Document(
            name=links.INDEX,
            title="Commissioners",
            subtitle="Each has pages of its own",
            release_id=self._reader.release_id,
            blocks=(
                Bullets(members),
                Heading(2, "What they share", anchor="shared"),
                Paragraph(("These pages are of the whole release: what they say may name practices of each.",)),
                Bullets(together),
            ),
        )
        return Page(links.INDEX, document)


def build(file: Path, narrative: Path, folder: Path) -> SiteMade:
    """Write the site of a release file into an empty folder.

    Of several commissioners each has a folder of its own, that names none of the others, beside what they share.

    Args:
        file: what the commissioner sees of a release.
        narrative: folder of the texts that people write: it says how far the data of the period goes.

    Raises:
        PcwError: the file is no release, or has no results.
    """
    sizes: dict[Path, int] = {}
    with opened(file) as reader:
        period = period_of(reader, None)
        several = len(reader.commissioners) > 1
        for code in reader.commissioners:
            site = Site(reader.of(code), Texts(narrative, code, period), folder / code if several else folder)
            site.write()
            sizes |= site.sizes
        if several:
            shared = Shared(reader, Texts(narrative, reader.commissioner, period), folder)
            shared.write()
            sizes |= shared.sizes
    pages = {path: size for path, size in sizes.items() if path.suffix == ".html"}
    largest = max(pages, key=lambda path: pages[path])
    return SiteMade(len(pages), sum(sizes.values()), largest.relative_to(folder), pages[largest])
