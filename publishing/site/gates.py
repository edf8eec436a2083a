"""Pages of gates: what each check asks and why, and what it said of this release.

Belongs here: the registry and the verdicts as the release has them. The pages of quality beside the release show every
verdict on record with its history; these say what a figure passed.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from publishing.origin import OF_FILES
from publishing.reports.document import Block, Document, Figure, Heading, Inlines, Paragraph, Source
from publishing.reports.formats import figure
from publishing.reports.pack_words import COUNT
from publishing.reports.reader import Reader, Record
from publishing.reports.wording import sentence
from publishing.site import links
from publishing.site.frame import FEEDS, Page
from publishing.site.submissions import anchor_of, readable, verdict, words
from sources.contracts import load_contracts

STAGES = {
    "file": "Gate of files",
    "rows": "Gate of rows",
    "staged": "Gate of feeds held against each other",
    "marts": "Gate of tables, before they are released",
    "release": "Gate of the finished files",
}
ORDER = list(STAGES)
CONSEQUENCE = {
    "block": "What fails it is not released",
    "withhold": "What fails it is withheld",
    "warn": "What fails it is told, and released",
}
# The gate of files looks at files, of an archive at each member.
LOOKED_AT = {"file": "files"}


def title_of(suite: str) -> str:
    """What the gates of a feed or table are called, where a link leads to them and above them."""
    contract = load_contracts().get(suite)
    of = "all files" if suite == "file" else contract.title if contract else f"the table {suite}"
    return f"Gates of {of}"


def pages(reader: Reader) -> Iterator[Page]:
    """A page for each feed or table that is checked."""
    checks = reader.records("gate_check", order="suite, stage, check_id")
    verdicts: dict[tuple[str, str, str], list[Record]] = {}
    for row in reader.records("gate_result", order="suite, stage, check_id, period, submission_id"):
        verdicts.setdefault((row["suite"], row["stage"], row["check_id"]), []).append(row)
    for suite, found in groupby(checks, key=lambda row: row["suite"]):
        listed = sorted(found, key=lambda row: (ORDER.index(row["stage"]), row["check_id"]))
        yield Page(links.gate(suite), _document(reader, suite, listed, verdicts), FEEDS)


def _document(
    reader: Reader, suite: str, checks: Sequence[Record], verdicts: dict[tuple[str, str, str], list[Record]]
) -> Document:
    blocks: list[Block] = []
    for stage, found in groupby(checks, key=lambda row: row["stage"]):
        blocks.append(Heading(2, STAGES[stage], anchor=stage))
        for check in found:
            blocks.append(Heading(3, sentence(words(check["check_id"])), anchor=anchor_of(check)))
            blocks += _check(check, verdicts.get((suite, stage, check["check_id"]), ()))
    return Document(
        name="gates",
        title=title_of(suite),
        subtitle="What is asked before a figure is released, and what was found",
        release_id=reader.release_id,
        blocks=tuple(blocks),
        facts={"Owner": (", ".join(sorted({check["owner"] for check in checks})),)},
    )


def _check(check: Record, rows: Sequence[Record]) -> Iterator[Block]:
    yield Paragraph((f"{sentence(readable(check['why'])).rstrip('.')}. {CONSEQUENCE[check['severity']]}.",))
    yield Paragraph(_said(check, rows), "note")
    for row in [row for row in rows if not row["passed"] and check["stage"] not in OF_FILES]:
        yield Paragraph((f"Found: {verdict(row)}",), "note")


def _said(check: Record, rows: Sequence[Record]) -> Inlines:
    """How many verdicts of this release there are, and how many held."""
    if not rows:
        return ("Not asked of this release.",)
    if len(rows) == 1:
        row = rows[0]
        said = "passed" if row["passed"] else "did not hold"
        what = LOOKED_AT.get(check["stage"], "rows")
        looked: Inlines = (
            () if row["rows_checked"] is None else (f"; {what} looked at: ", row.figure("rows_checked", COUNT))
        )
        return (f"In this release: {said}", *looked, ".")
    what = "files" if check["stage"] in OF_FILES else "verdicts"
    held, failed = (_counted(check, [row for row in rows if row["passed"] is passed]) for passed in (True, False))
    return (f"In this release: {what} that passed: ", held, "; that did not: ", failed, ".")


def _counted(check: Record, rows: Sequence[Record]) -> Figure | str:
    """How many verdicts of a check these are, all that held or all that did not."""
    if not rows:
        return "none"
    key = {name: check[name] for name in ("suite", "stage", "check_id")}
    source = Source("gate_result", key | {"passed": str(rows[0]["passed"]).lower()}, "*")
    return figure(len(rows), COUNT, source, operation="count")
