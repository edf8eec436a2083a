"""Pages of feeds: what each is, its files and when each month came.

Belongs here: what the release says of a feed. Its files, each with its hash and gates, are in `submissions`.
"""

from collections.abc import Iterator, Sequence

from publishing.origin import Origins
from publishing.reports.document import Block, Bullets, Column, Document, Heading, Inlines, Link, Paragraph, Row, Table
from publishing.reports.formats import day, month
from publishing.reports.pack_words import COUNT, numbers
from publishing.reports.reader import Reader, Record
from publishing.site import links, submissions
from publishing.site.frame import FEEDS, Page
from publishing.site.links import Filed, href
from publishing.site.submissions import counts, name_of, standing

CADENCE = {
    "register": "a register: its newest file stands for every month",
    "snapshot": "now and then: a file stands until the next",
    "monthly": "every month",
    "financial": "every ledger period",
}
STATES = {"on_time": "on time", "not_due": "not due yet"}
# Files that are listed on the page of a feed; its pages of years have all.
MOST_FILES = 60


def state_words(state: str) -> str:
    """How a month of a feed stands, in words."""
    return STATES.get(state, state)


def pages(reader: Reader, origins: Origins, filed: Filed) -> Iterator[Page]:
    """A page for each feed, and those of its submissions."""
    names = {row["supplier"] for row in reader.records("feed_month")}
    for dataset in origins.contracts:
        rows = origins.submissions.get(dataset, ())
        yield Page(links.feed(dataset), _Feed(reader, origins, filed, dataset, len(names) > 1).document(rows), FEEDS)
        yield from submissions.pages(reader, origins, filed, dataset)


class _Feed:
    def __init__(self, reader: Reader, origins: Origins, filed: Filed, dataset: str, has_suppliers: bool) -> None:
        self._reader, self._origins, self._filed = reader, origins, filed
        self._dataset, self._has_suppliers = dataset, has_suppliers
        self._here = links.feed(dataset)

    def document(self, rows: Sequence[Record]) -> Document:
        contract = self._origins.contracts[self._dataset]
        fresh = self._reader.newest("feed_freshness", "dataset", "dataset = ?", self._dataset)
        checked = {row["suite"] for row in self._reader.records("gate_check", "suite = ?", self._dataset)}
        gates: Inlines = (Link("Gates of all files", href(self._here, links.gate("file"))),)
        if checked:
            gates += ("; ", Link("gates of this feed", href(self._here, links.gate(self._dataset))))
        facts: dict[str, Inlines] = {
            "What it is": (contract.description,),
            "Comes": (CADENCE[contract.cadence],),
            "Sent by": (contract.supplier,),
            "Owner": (contract.owner,),
            "Newest month": (month(fresh["last_period"]) if fresh and fresh["last_period"] else "none",),
            "Gates": gates,
        }
        return Document(
            name=self._dataset,
            title=contract.title,
            subtitle=f"Feed {self._dataset}",
            release_id=self._reader.release_id,
            blocks=(
                Heading(2, "Files", anchor="files"),
                *(self._files(rows) if rows else (Paragraph(("Nothing of this feed was received.",)),)),
                Heading(2, "Months", anchor="months"),
                *self._months(),
            ),
            facts=facts,
        )

    def _files(self, rows: Sequence[Record]) -> Iterator[Block]:
        columns = (
            *(Column("Month"), Column("File"), Column("Received")),
            *(*numbers("Rows of the month", "Set aside of the file"), Column("Counts")),
        )
        newest = rows[-MOST_FILES:]
        yield Table(
            "Files of this feed, the newest month first",
            columns,
            tuple(
                Row(
                    (
                        (month(row["period"]),),
                        (Link(row["file_name"], href(self._here, *self._place(row))),),
                        (day(row["received_at"]),),
                        *counts(row, "rows_in_period", "rows_quarantined"),
                        (standing(row),),
                    )
                )
                for row in reversed(newest)
            ),
        )
        if len(newest) < len(rows):
            years = dict.fromkeys(self._place(row)[0] for row in rows)
            yield Paragraph(("The newest are listed. Every file stands on the page of its year:",))
            yield Bullets(tuple((Link(name_of(path), href(self._here, path)),) for path in reversed(years)))

    def _place(self, row: Record) -> tuple[str, str]:
        return self._filed[row["dataset"], row["submission_id"]]

    def _months(self) -> Iterator[Block]:
        rows = self._reader.records("feed_month", "dataset = ?", self._dataset, order="month desc, supplier")
        if not rows:
            yield Paragraph(("No month of this feed is expected.",))
            return
        columns = (Column("Month"), Column("Due"), Column("First file"), Column("State"), *numbers("Days late"))
        yield Table(
            "When each month was due and came",
            columns,
            tuple(
                Row(
                    (
                        (month(row["month"]) + (f", {row['supplier']}" if self._has_suppliers else ""),),
                        (day(row["due_on"]) if row["due_on"] else "no day",),
                        (day(row["first_received_at"]) if row["first_received_at"] else "none",),
                        (state_words(row["state"]),),
                        (row.figure("days_late", COUNT),) if row["days_late"] else ("",),
                    )
                )
                for row in rows
            ),
        )
