"""Pages of feeds and of the submissions that a release knows.

Belongs here: what the release says of a file: who sent it, its hash, when it came, what was read of it and which gates
it passed.
"""

from collections.abc import Iterator, Sequence

from publishing.origin import OF_FILES, Origins
from publishing.reports.document import Block, Column, Document, Heading, Inline, Inlines, Link, Paragraph, Row, Table
from publishing.reports.formats import day, month
from publishing.reports.outline import slug
from publishing.reports.pack_words import COUNT, numbers
from publishing.reports.reader import Reader, Record
from publishing.site import links
from publishing.site.frame import Page
from publishing.site.links import href

SECTION = "Where figures come from"
CADENCE = {
    "register": "a register: its newest file stands for every month",
    "snapshot": "now and then: a file stands until the next",
    "monthly": "every month",
    "financial": "every ledger period",
}
STATES = {"on_time": "on time", "not_due": "not due yet"}


def state_words(state: str) -> str:
    """How a month of a feed stands, in words."""
    return STATES.get(state, state)


def pages(reader: Reader, origins: Origins) -> Iterator[Page]:
    """A page for each feed, and for each submission ever landed."""
    names = {row["supplier"] for row in reader.records("feed_month")}
    for dataset in origins.contracts:
        rows = origins.submissions.get(dataset, ())
        yield Page(links.feed(dataset), _Feed(reader, origins, dataset, len(names) > 1).document(rows), SECTION)
        for submission_id in dict.fromkeys(row["submission_id"] for row in rows):
            held = [row for row in rows if row["submission_id"] == submission_id]
            here = links.submission(dataset, submission_id)
            within = ((origins.contracts[dataset].title, links.feed(dataset)),)
            yield Page(here, _submission(reader, origins, here, held), SECTION, within)


class _Feed:
    def __init__(self, reader: Reader, origins: Origins, dataset: str, has_suppliers: bool) -> None:
        self._reader, self._origins, self._dataset, self._has_suppliers = reader, origins, dataset, has_suppliers
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
            *(*numbers("Rows accepted", "Set aside"), Column("Counts")),
        )
        yield Table(
            "Files of this feed, the newest month first",
            columns,
            tuple(
                Row(
                    (
                        (month(row["period"]),),
                        (Link(row["file_name"], href(self._here, _page_of(row))),),
                        (day(row["received_at"]),),
                        *_counts(row, "rows_accepted", "rows_quarantined"),
                        (standing(row),),
                    )
                )
                for row in reversed(rows)
            ),
        )

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


def standing(row: Record) -> str:
    """Whether a submission counts."""
    if row["withdrawn_at"] is not None:
        return "withdrawn"
    return "yes" if row["is_current"] else "superseded"


def file_link(here: str, row: Record, text: str = "") -> Inline:
    """A link to the page of a submission: by its month."""
    return Link(text or month(row["period"]), href(here, _page_of(row)))


def _page_of(row: Record) -> str:
    return links.submission(row["dataset"], row["submission_id"])


def _counts(row: Record, *columns: str) -> tuple[Inlines, ...]:
    return tuple(("not counted",) if row[name] is None else (row.figure(name, COUNT),) for name in columns)


def _submission(reader: Reader, origins: Origins, here: str, held: Sequence[Record]) -> Document:
    row = held[0]
    contract = origins.contracts[row["dataset"]]
    facts: dict[str, Inlines] = {
        "Feed": (Link(contract.title, href(here, links.feed(row["dataset"]))),),
        "SHA-256": (row["file_sha256"],),
        "Received": (_moment(row, "received_at"),),
        "Landed": (_moment(row, "landed_at"),),
        "Sent by": (row["supplier"] or "not stated",),
        "Read by": (f"contract of {row['dataset']}, version ", row.figure("contract_version", COUNT), _layout(row)),
    }
    if row["activity_status"]:
        facts["Status"] = (row["activity_status"],)
    if row["withdrawn_at"] is not None:
        facts["Withdrawn"] = (f"{_moment(row, 'withdrawn_at')} by {row['withdrawn_by']}: {row['withdrawn_reason']}",)
    columns = (Column("Month"), *numbers("Rows read", "Accepted", "Set aside"), Column("Counts"))
    months = Table(
        "What was read of it",
        columns,
        tuple(
            Row(
                (
                    (month(one["period"]),),
                    *_counts(one, "rows_read", "rows_accepted", "rows_quarantined"),
                    (standing(one),),
                )
            )
            for one in held
        ),
    )
    return Document(
        name="submission",
        title=row["file_name"],
        subtitle=f"Submission {row['submission_id']}",
        release_id=reader.release_id,
        blocks=(
            Heading(2, "Rows", anchor="rows"),
            months,
            Heading(2, "Gates it passed", anchor="gates"),
            *_verdicts(here, origins, row),
        ),
        facts=facts,
    )


def _layout(row: Record) -> str:
    return f", layout {row['layout']}" if row["layout"] else ""


def _moment(row: Record, column: str) -> str:
    return f"{day(row[column])}, {row[column]:%H:%M} UTC" if row[column] is not None else "not known"


def _verdicts(here: str, origins: Origins, of: Record) -> Iterator[Block]:
    rows = origins.verdicts.get(of["submission_id"], ())
    ours = [row for row in rows if row["stage"] in OF_FILES and row["suite"] in ("file", of["dataset"])]
    if not ours:
        yield Paragraph(("The release keeps no verdict on it: it does not count any more.",))
        return
    columns = (Column("Check"), Column("Gate"), Column("Verdict"), *numbers("Rows looked at", "Rows that broke it"))
    yield Table(
        "Verdicts of the gates on this file",
        columns,
        tuple(
            Row(
                (
                    (_check(here, origins, row),),
                    ("files" if row["stage"] == "file" else "rows",),
                    (verdict(row),),
                    *_counts(row, "rows_checked"),
                    (row.figure("unexpected_count", COUNT),) if row["unexpected_count"] else ("none",),
                )
            )
            for row in ours
        ),
    )


def _check(here: str, origins: Origins, row: Record) -> Inline:
    """A check of a verdict: a link where it is still asked."""
    name = words(row["check_id"])
    is_declared = (row["suite"], row["stage"], row["check_id"]) in origins.checks
    return Link(name, href(here, links.gate(row["suite"]), anchor_of(row))) if is_declared else name


def words(check_id: str) -> str:
    """A check's name as words."""
    return check_id.replace("_", " ")


def verdict(row: Record) -> str:
    """`passed`, or what was found."""
    if row["passed"]:
        return "passed"
    accepted = "accepted by a waiver: " if row["waiver_ids"] else ""
    return f"{accepted}{row['message']}"


def anchor_of(row: Record) -> str:
    """The heading of a check on the page of its suite."""
    return f"{row['stage']}-{slug(row['check_id'])}"
