"""The page on the data: how fresh each feed is, what is missing, what gates found, what is in question.

Belongs here: the state of the data of a release on one page, from its own tables.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Column,
    Document,
    Figure,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Shown,
    Source,
    Table,
)
from publishing.reports.formats import day, figure, month
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import COUNT, numbers, of_rows, short_awaited
from publishing.reports.reader import Record
from publishing.reports.widths import plain
from publishing.reports.wording import sentence
from publishing.site import links
from publishing.site.feeds import state_words
from publishing.site.frame import Page
from publishing.site.links import href
from publishing.site.submissions import anchor_of, readable, words

HERE = links.QUALITY
SHARE = Shown(1, scale=Decimal("0.01"), after="%")
MONTHS = 12
OWN = "Figures of the commissioner"
SEVERITY = {
    "withhold": "figures are held back",
    "ask": "its owner asks; figures stand",
    "warn": "its owner is told; figures stand",
    "info": "to know; figures stand",
}


class Quality:
    """What is said of the data of one release."""

    def __init__(self, data: PackData, titles: dict[str, str]) -> None:
        self._data, self._reader, self._titles = data, data.reader, titles
        self._is_of_several = len(self._reader.commissioners) > 1
        self._whom = ", ".join(self._reader.commissioners)
        self._months = self._reader.records("feed_month", "month <= ?", data.period, order="dataset, month, supplier")
        self._late = [row for row in self._months if row["state"] == "missing"]
        self._open = self._reader.records(
            "gate_history", "state = 'open'", order="dataset, stage, suite, check_id, month desc, judged_at desc"
        )
        self._queries = self._reader.records("data_quality_query", "is_open", order="feed, issue, month desc, query_id")

    def page(self) -> Page:
        """The page; what several commissioners share has no figures of one of them: each has its own at its start."""
        absent: tuple[Block, ...] = (
            Heading(2, "Figures of the commissioner that are not there", anchor="absent"),
            self.absent(HERE),
        )
        document = Document(
            name="data-quality",
            title="Data quality",
            subtitle=f"{self._whom}, {month(self._data.period)}",
            release_id=self._reader.release_id,
            blocks=(
                Heading(2, "In short", anchor="short"),
                Bullets(self.short(HERE)),
                *(() if self._is_of_several else absent),
                Heading(2, "How fresh each feed is", anchor="feeds"),
                self._fresh(),
                Heading(2, "The last months of each feed", anchor="months"),
                self._grid(),
                Heading(2, "What gates found and nothing has put right", anchor="open"),
                self._failures(),
                Heading(2, "Questions that the data raise", anchor="questions"),
                *self._questions(),
                Heading(2, "How well hospital activity is coded", anchor="rates"),
                *self._rates(),
            ),
            facts={} if self._is_of_several else {"Data": (self._data.statement,)},
        )
        return Page(HERE, document, "Data quality")

    def short(self, here: str) -> tuple[Inlines, ...]:
        """What a manager asks first of the data, a line each; of several commissioners each is told of its own."""
        found = counted("gate_history", {"state": "open"}, len(self._open))
        asked = counted("data_quality_query", {"is_open": "true"}, len(self._queries))
        awaited, withheld = (
            [row for row in self._results() if row["state"] == state] for state in ("awaiting", "withheld")
        )

        def link(text: str, anchor: str) -> Link:
            return Link(text, f"#{anchor}" if here == HERE else href(here, HERE, anchor))

        # Of several each has its list at its start, just below this line.
        name: Inline = OWN if self._is_of_several else link(OWN, "absent")
        own: Inlines = (name, ": awaited: ", of_rows(awaited), "; withheld: ", of_rows(withheld), ".")
        late: Inlines = (": ", of_rows(self._late), ".")
        of_feeds: tuple[Inlines, ...] = (
            (link(f"Months of feeds up to {month(self._data.period)} that are not here", "months"), *late),
            (link("Open findings of gates", "open"), ": ", found, "."),
            (link("Open questions about data", "questions"), ": ", asked, "."),
        )
        if not self._is_of_several:
            return (own, *of_feeds)
        shared: Inlines = (link("What is late, found and in question", "short"), ", of all commissioners together.")
        return of_feeds if here == HERE else (own, shared)

    def _results(self) -> list[Record]:
        rows = [row for key, row in self._data.results.items() if key[1:] == self._data.commissioner]
        return sorted(rows, key=lambda row: str(row["indicator_id"]))

    def absent(self, here: str) -> Block:
        """Which results of the commissioner are awaited or withheld, and why."""
        rows = [row for row in self._results() if row["state"] != "ok"]
        if not rows:
            return Paragraph(("None: every indicator has its figure.",))
        table = []
        # What the same files are missing for is said once.
        said = [(row["period_end"], row["state"], self._titled(short_awaited(self._reader, row)), row) for row in rows]
        said.sort(key=lambda one: (-one[0].toordinal(), one[1], plain(one[2])))
        for (end, state, _), found in groupby(said, key=lambda one: (one[0], one[1], plain(one[2]))):
            alike = list(found)
            names: list[Inline] = []
            for *_, row in alike:
                definition = self._data.definition(row["indicator_id"])
                name = definition["name"] if definition else row["indicator_id"]
                names += [Break()] if names else []
                names.append(Link(name, href(here, links.indicator(row["indicator_id"]))))
            state_word = "awaited" if state == "awaiting" else "withheld"
            table.append(Row((tuple(names), (month(end),), (state_word,), alike[0][2])))
        columns = (Column("Indicator"), Column("Period to"), Column("State"), Column("Why"))
        return Table("Figures that are awaited or withheld", columns, tuple(table))

    def _titled(self, content: Inlines) -> Inlines:
        """Why a figure is absent, with feeds by their titles: `epd of June 2017` tells a manager nothing."""
        names = {dataset.replace("_", " "): title for dataset, title in self._titles.items()}
        known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        feed = re.compile(rf"\b({known}) of (?=[A-Z][a-z]+ \d{{4}})")
        return tuple(
            feed.sub(lambda found: f"{names[found[1]]} for ", part) if isinstance(part, str) else part
            for part in content
        )

    def _feed(self, dataset: str) -> Inline:
        title = self._titles.get(dataset)
        return Link(title, href(HERE, links.feed(dataset))) if title else sentence(words(dataset))

    def _fresh(self) -> Table:
        """Months missing are those of the line at the start, which this column adds up to."""
        rows = self._reader.records("feed_freshness", order="last_received_at is null, dataset")
        missing = {row["dataset"]: [late for late in self._late if late["dataset"] == row["dataset"]] for row in rows}
        columns = (
            *(Column("Feed"), Column("Newest month"), *numbers("Files"), Column("Last received")),
            *numbers(f"Months missing up to {month(self._data.period)}"),
        )
        return Table(
            "Feeds; those of which nothing came stand last",
            columns,
            tuple(
                Row(
                    (
                        (self._feed(row["dataset"]),),
                        (month(row["last_period"]) if row["last_period"] else "none",),
                        (row.figure("submissions", COUNT),),
                        (day(row["last_received_at"]) if row["last_received_at"] else "never",),
                        (of_rows(missing[row["dataset"]]) if row["submissions"] else "nothing of it has landed yet",),
                    )
                )
                for row in rows
            ),
        )

    def _grid(self) -> Table:
        """Feeds by months: words, for colours alone tell nobody."""
        shown = sorted({row["month"] for row in self._months})[-MONTHS:]
        rows = []
        for dataset, found in groupby(self._months, key=lambda row: row["dataset"]):
            states: dict[object, set[str]] = {}
            for row in found:
                states.setdefault(row["month"], set()).add(state_words(row["state"]))
            if set(shown) & set(states):
                rows.append(
                    Row(((self._feed(dataset),), *((", ".join(sorted(states.get(one, {"-"}))),) for one in shown)))
                )
        columns = (Column("Feed"), *(Column(f"{one:%b %Y}") for one in shown))
        title = (
            "Months of each feed; late: it is here, and came after the day it was due, as do all older months when "
            "a feed is loaded for the first time; a hyphen: not expected"
        )
        return Table(title, columns, tuple(rows))

    def _failures(self) -> Block:
        if not self._open:
            return Paragraph(("Nothing.",))
        rows = []
        for (dataset, stage, suite, check), found in groupby(
            self._open, key=lambda row: (row["dataset"], row["stage"], row["suite"], row["check_id"])
        ):
            listed = list(found)
            key = {"dataset": dataset, "stage": stage, "suite": suite, "check_id": check, "state": "open"}
            newest = listed[0]
            rows.append(
                Row(
                    (
                        (self._feed(dataset) if dataset else "a file of no known feed",),
                        (Link(words(check), href(HERE, links.gate(suite), anchor_of(newest))),),
                        (counted("gate_history", key, len(listed)),),
                        (month(newest["month"]) if newest["month"] else "of no month",),
                        (readable(newest["message"]),),
                    )
                )
            )
        columns = (
            *(Column("Feed or table"), Column("Check"), *numbers("Findings"), Column("Newest month")),
            Column("What was found in it"),
        )
        return Table("Open findings", columns, tuple(rows))

    def _questions(self) -> Iterator[Block]:
        if not self._queries:
            yield Paragraph(("None.",))
            return
        rows = []
        for (feed, issue), found in groupby(self._queries, key=lambda row: (row["feed"], row["issue"])):
            listed = list(found)
            key = {"feed": feed, "issue": issue, "is_open": "true"}
            newest = listed[0]
            rows.append(
                Row(
                    (
                        (sentence(words(issue)),),
                        (self._feed(feed),),
                        (counted("data_quality_query", key, len(listed)),),
                        (SEVERITY.get(newest["severity"], newest["severity"]),),
                        (newest["owner"] or "nobody is named",),
                        (sentence(readable(newest["detail"])),),
                    )
                )
            )
        columns = (
            *(Column("Question"), Column("Feed"), *numbers("Open"), Column("What follows")),
            *(Column("Who answers"), Column("The newest of them")),
        )
        yield Paragraph(("Those about one practice stand on its page.",), "note")
        yield Table("Open questions by kind", columns, tuple(rows))

    def _rates(self) -> Iterator[Block]:
        rows = self._reader.records(
            "data_quality_rate",
            "rate is not null and month = (select max(month) from data_quality_rate where month <= ?)",
            self._data.period,
            order="dataset, provider_code, measure",
        )
        if not rows:
            yield Paragraph(("No rate is known up to this period.",))
            return
        columns = (Column("Measure"), Column("Feed"), Column("Provider"), *numbers("Share", "Of rows"))
        yield Table(
            f"Shares of rows, {month(rows[0]['month'])}",
            columns,
            tuple(
                Row(
                    (
                        (sentence(words(row["measure"])),),
                        (self._feed(row["dataset"]),),
                        (self._data.name("provider", row["provider_code"]),),
                        (row.figure("rate", SHARE),),
                        ("hidden",) if row["row_count"] is None else (row.figure("row_count", COUNT),),
                    )
                )
                for row in rows
            ),
        )


def counted(table: str, key: dict[str, str | None], number: int) -> Figure | str:
    """How many rows of a table fit a key; none is a word."""
    return figure(number, COUNT, Source(table, key, "*"), operation="count") if number else "none"
