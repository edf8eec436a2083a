"""Pages of origin: from a figure to its definition, the files that it was read from and the gates that it passed.

Belongs here: a page for each indicator, with a part for each period that is shown, and one for each other table that
figures are of.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date

from publishing.origin import RESULTS, Origins, Read
from publishing.reports.document import (
    Block,
    Bullets,
    Column,
    Document,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Table,
)
from publishing.reports.formats import day, month
from publishing.reports.metrics import month_end
from publishing.reports.pack_data import PackData
from publishing.reports.reader import COUNTS, Record
from publishing.reports.wording import as_written, sentence, value, within
from publishing.site import links
from publishing.site.frame import FEEDS, Page
from publishing.site.gates import title_of
from publishing.site.links import Filed, Origin, href

# Files of a feed in one month that are listed singly.
MOST_FILES = 4
# Decimals of what a figure is worked out from, at most.
PARTS = 2


class Lineage:
    """The pages of origin of one release; `origin` knows which periods and tables figures were led to.

    Args:
        indicators: those that have a page; none for what several commissioners share.
    """

    def __init__(
        self, data: PackData, origins: Origins, filed: Filed, origin: Origin, indicators: Collection[str]
    ) -> None:
        self._indicators = indicators
        self._data, self._reader, self._origins, self._filed, self._origin = data, data.reader, origins, filed, origin
        self._beside = origins.feeds_beside()
        self._suites = {row["suite"]: row for row in self._reader.records("gate_check", order="suite")}
        self._windows = self._starts()
        self._whole = self._of_the_whole()

    def pages(self) -> Iterator[Page]:
        """Every page of origin, and the one that lists them."""
        for indicator in self._indicators:
            yield Page(links.origin_of_indicator(indicator), self._of_indicator(indicator), FEEDS)
        for table in sorted(self._origin.tables):
            yield Page(links.origin_of_table(table), self._of_table(table), FEEDS)
        yield Page(links.LINEAGE, self._index(), FEEDS)

    def _starts(self) -> dict[tuple[str, str], dict[str, date]]:
        """By indicator and month: for each version the first day of the windows that end in it."""
        found: dict[tuple[str, str], dict[str, date]] = {}
        for indicator, version, end, first in self._reader.rows(
            "select indicator_id, version, period_end, min(window_start) from indicator_result "
            "where is_headline and org_view = 'as_at' group by all"
        ):
            found.setdefault((indicator, f"{end:%Y-%m}"), {})[version] = first
        return found

    def _of_the_whole(self) -> dict[tuple[str, str], list[Record]]:
        """By indicator and month: the results of the commissioner."""
        found: dict[tuple[str, str], list[Record]] = {}
        for row in self._reader.records(
            "indicator_result",
            "is_headline and org_view = 'as_at' and org_type = ? and org_code = ?",
            *self._data.commissioner,
            order="indicator_id, period_end, version",
        ):
            found.setdefault((row["indicator_id"], f"{row['period_end']:%Y-%m}"), []).append(row)
        return found

    def _of_indicator(self, indicator: str) -> Document:
        here = links.origin_of_indicator(indicator)
        definition = self._data.definition(indicator)
        assert definition is not None
        feeds = {row: None for version in self._data.versions[indicator] for row in self._origins.feeds_of(version)}
        months = sorted(self._origin.periods.get(indicator, ()), reverse=True)
        blocks: list[Block] = [
            Paragraph(
                (
                    "A figure is worked out from the files that were in force for its months, by its ",
                    Link("definition", href(here, links.indicator(indicator), "definition")),
                    ". The page of a file has its hash, the day it came and the verdicts of its gates.",
                )
            ),
            Heading(2, "Gates of the tables", anchor="gates"),
            Bullets(self._gates(here, (RESULTS, "indicator", *feeds))),
        ]
        for text in months:
            blocks += self._period(here, indicator, text, list(feeds))
        blocks += [
            Heading(2, "Registers, lists and codes beside them", anchor="beside"),
            Paragraph(
                (
                    "No indicator names these; they say whose practices and patients figures are of, and which codes "
                    "are meant. The newest file before the end of a period counts.",
                )
            ),
            Bullets(
                tuple((self._feed(here, dataset),) for dataset in self._beside if dataset in self._origins.submissions)
            ),
        ]
        return Document(
            name="lineage",
            title=f"Where it comes from: {definition['name']}",
            subtitle=f"Indicator {indicator}",
            release_id=self._reader.release_id,
            blocks=tuple(blocks),
            facts={
                "Definition": (Link(definition["name"], href(here, links.indicator(indicator), "definition")),),
                "Owner": (definition["owner"],),
                "Feeds": tuple(_joined([(self._feed(here, one),) for one in feeds])) or ("none",),
                **({COUNTS: (self._reader.disclosure,)} if definition.get("counts_patients") else {}),
            },
        )

    def _period(self, here: str, indicator: str, text: str, feeds: Sequence[str]) -> Iterator[Block]:
        """What the figures of the periods that end in a month were read from."""
        first = date.fromisoformat(f"{text}-01")
        last = month_end(first)
        yield Heading(2, month(first), anchor=text)
        starts = self._windows.get((indicator, text), {})
        # A point of a control chart is of its month alone.
        windows = starts or {row["version"]: first for row in self._data.versions[indicator]}
        start = min(windows.values())
        since = min(self._origins.since(indicator, version, window) for version, window in windows.items())
        said = f"Months from {month(start)} to {month(first)}" if start < first else f"The month {month(first)}"
        if since < start:
            said += f", looking back to {month(since)}"
        versions = " and ".join(sorted(starts))
        yield Paragraph((said + (f"; definition {versions}." if versions else "."),), "note")
        whole = self._whole.get((indicator, text), ())
        for row in whole:
            yield Paragraph(self._figure(row, f" (definition {row['version']})" if len(whole) > 1 else ""))
        columns = (Column("Feed"), Column("Files in force, by month"))
        yield Table(
            f"Files behind figures of {month(first)}",
            columns,
            tuple(
                Row(((self._feed(here, read.dataset),), self._files(here, read)))
                for read in self._origins.read(feeds, since, last)
                if read.dataset in self._origins.submissions
            ),
        )

    def _figure(self, row: Record, of: str) -> Inlines:
        """The commissioner's figure, and what it was worked out from."""
        metric = self._data.alone(row)
        said: Inlines = (f"{self._data.name(*self._data.commissioner)}{of}: ", *value(metric, with_colour=False))
        if row["state"] != "ok" or row["value"] is None:
            return said
        if not metric.how.after:
            said += (f" {metric.definition['unit']}",)
        for part in ("numerator", "denominator"):
            label = metric.definition[f"{part}_label"]
            if row[part] is not None and label:
                how = as_written(row[part])
                said += (f"; {within(label)}: ", row.figure(part, replace(how, decimals=min(how.decimals, PARTS))))
        return said

    def _files(self, here: str, read: Read) -> Inlines:
        by_month: dict[date, list[Record]] = {}
        for row in read.submissions:
            by_month.setdefault(row["period"], []).append(row)
        parts: list[Inlines] = []
        for period, rows in by_month.items():
            if len(rows) > MOST_FILES:
                parts.append((self._file(here, rows[0], f"{month(period)}, several files"),))
            else:
                parts += [
                    (self._file(here, row, month(period) + (f", file {place}" if len(rows) > 1 else "")),)
                    for place, row in enumerate(rows, start=1)
                ]
        return tuple(_joined(parts)) or ("none was received",)

    def _file(self, here: str, row: Record, text: str) -> Inline:
        return Link(text, href(here, *self._filed[row["dataset"], row["submission_id"]]))

    def _feed(self, here: str, dataset: str) -> Inline:
        return Link(self._origins.contracts[dataset].title, href(here, links.feed(dataset)))

    def _gates(self, here: str, suites: Sequence[str]) -> tuple[Inlines, ...]:
        found = [suite for suite in dict.fromkeys(suites) if suite in self._suites]
        return tuple((Link(title_of(suite), href(here, links.gate(suite))),) for suite in found)

    def _of_table(self, table: str) -> Document:
        here = links.origin_of_table(table)
        feeds = [one for one in self._origins.feeds_of_table(table) if one in self._origins.submissions]
        said, columns = self._reader.described(table)
        gates = self._gates(here, (table, *feeds))
        return Document(
            name="lineage",
            title=f"Where it comes from: {table.replace('_', ' ')}",
            subtitle=f"Table {table} of the release",
            release_id=self._reader.release_id,
            blocks=(
                Paragraph((said,)),
                Heading(2, "Definition", anchor="definition"),
                Table(
                    "What each column means",
                    (Column("Column"), Column("Definition")),
                    tuple(Row(((name,), (what,))) for name, what in columns),
                ),
                Heading(2, "Feeds that it is read from", anchor="feeds"),
                *(
                    (Bullets(tuple((self._feed(here, one),) for one in feeds)),)
                    if feeds
                    else (Paragraph(("It is made of definitions and of what the release says of itself.",)),)
                ),
                Heading(2, "Gates", anchor="gates"),
                Bullets(gates) if gates else Paragraph(("No gate asks for this table alone.",)),
            ),
        )

    def _index(self) -> Document:
        here = links.LINEAGE
        definitions = [row for one in self._indicators if (row := self._data.definition(one)) is not None]
        definitions.sort(key=lambda row: str(row["name"]))
        indicators: tuple[Block, ...] = (
            Heading(2, "Indicators", anchor="indicators"),
            Bullets(
                tuple(
                    (Link(row["name"], href(here, links.origin_of_indicator(row["indicator_id"]))),)
                    for row in definitions
                )
            ),
        )
        blocks = (
            Paragraph(
                (
                    "Each figure of these pages is a link to the page of its origin. From there one link leads to its "
                    "definition, and one to each file that it was read from, with its hash, the day it came and the "
                    "verdicts of its gates.",
                )
            ),
            Heading(2, "Feeds", anchor="feeds"),
            self._feeds(here),
            *(indicators if definitions else ()),
            Heading(2, "Other tables", anchor="tables"),
            Bullets(
                tuple(
                    (Link(sentence(table.replace("_", " ")), href(here, links.origin_of_table(table))),)
                    for table in sorted(self._origin.tables)
                )
            ),
            Heading(2, "Gates", anchor="gates"),
            Bullets(
                tuple((Link(suite.replace("_", " "), href(here, links.gate(suite))),) for suite in sorted(self._suites))
            ),
        )
        return Document(
            name="lineage",
            title=FEEDS,
            subtitle="Definitions, files and gates",
            release_id=self._reader.release_id,
            blocks=blocks,
        )

    def _feeds(self, here: str) -> Table:
        rows = []
        for dataset, contract in sorted(self._origins.contracts.items(), key=lambda one: one[1].title):
            held = [row for row in self._origins.submissions.get(dataset, ()) if row["is_current"]]
            newest = max((row["received_at"] for row in held), default=None)
            rows.append(
                Row(
                    (
                        (self._feed(here, dataset),),
                        (contract.supplier,),
                        (contract.owner,),
                        (day(newest) if newest else "never",),
                    )
                )
            )
        columns = (Column("Feed"), Column("Sent by"), Column("Owner"), Column("Last file received"))
        return Table("Feeds", columns, tuple(rows))


def _joined(parts: Sequence[Inlines]) -> Iterator[Inline]:
    for place, part in enumerate(parts):
        if place:
            yield ", "
        yield from part
