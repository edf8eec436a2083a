"""Pages of the submissions that a release knows: those of one feed and year stand on one page.

Belongs here: what the release says of a file: who sent it, its hash, when it came, what was read of it and which gates
it passed.
"""

import re
from collections.abc import Iterator, Sequence

from publishing.origin import OF_FILES, Origins
from publishing.reports.document import Block, Bullets, Document, Heading, Inline, Inlines, Link
from publishing.reports.formats import day, month
from publishing.reports.outline import slug
from publishing.reports.pack_words import COUNT
from publishing.reports.reader import Reader, Record
from publishing.reports.wording import within
from publishing.site import links
from publishing.site.frame import FEEDS, Page
from publishing.site.links import Filed, href

_ACRONYMS = {
    *("bnf", "cds", "cqc", "cres", "epd", "fy", "gp", "hrg", "nhs", "ods", "pds", "qof", "rag", "rtt", "sus", "ytd"),
}
# The name of a file, which may have blanks where it begins the sentence: `{file}: ...`; that of a column, table or
# check, perhaps of a cell: `net_plan = 648000`.
_NAME = re.compile(
    r"(?:^[^:]*(?=\.\w+:)|[\w.-]*)\.(?:csv|gz|txt|xlsx?|zip)\b"
    r"|(?<![\w./-])(?P<name>[a-z][a-z0-9]*(?:[_.][a-z0-9]+)*)(?P<is> = )?"
)
READ = (("rows read", "rows_read"), ("accepted", "rows_accepted"), ("set aside", "rows_quarantined"))


def pages(reader: Reader, origins: Origins, filed: Filed, dataset: str) -> Iterator[Page]:
    """The pages of the submissions of a feed, the oldest first."""
    held: dict[str, dict[str, list[Record]]] = {}
    for row in origins.submissions.get(dataset, ()):
        path, anchor = filed[dataset, row["submission_id"]]
        held.setdefault(path, {}).setdefault(anchor, []).append(row)
    contract = origins.contracts[dataset]
    for path, listed in held.items():
        blocks: list[Block] = []
        for anchor, rows in listed.items():
            blocks += [Heading(2, rows[0]["file_name"], anchor=anchor), *_submission(path, origins, rows)]
        document = Document(
            name="submissions",
            title=f"{contract.title}: files of {name_of(path)}",
            subtitle=f"Feed {dataset}; a file that holds several months stands under its first",
            release_id=reader.release_id,
            blocks=tuple(blocks),
        )
        yield Page(path, document, FEEDS, ((contract.title, links.feed(dataset)),))


def name_of(path: str) -> str:
    """The year of a page of submissions, and which part of it where there are several."""
    year, _, part = path.rpartition("/")[2].partition("-")
    return f"{year}, part {part}" if part else year


def standing(row: Record) -> str:
    """Whether a submission counts."""
    if row["withdrawn_at"] is not None:
        return "withdrawn"
    return "yes" if row["is_current"] else "superseded"


def counts(row: Record, *columns: str) -> tuple[Inlines, ...]:
    """Numbers of rows; a word where they were not counted."""
    return tuple(("not counted",) if row[name] is None else (row.figure(name, COUNT),) for name in columns)


def _submission(here: str, origins: Origins, held: Sequence[Record]) -> Iterator[Block]:
    """One submission: a row of the table for each month that it holds."""
    row = held[0]
    said: list[Inlines] = [
        (f"SHA-256: {row['file_sha256']}",),
        (f"Submission {row['submission_id']}, sent by {row['supplier'] or 'somebody who is not stated'}",),
        (f"Received: {_moment(row, 'received_at')}; landed: {_moment(row, 'landed_at')}",),
        (f"Read by the contract of {row['dataset']}, version ", row.figure("contract_version", COUNT), _layout(row)),
    ]
    if row["activity_status"]:
        said.append((f"Status: {row['activity_status']}",))
    if row["withdrawn_at"] is not None:
        said.append((f"Withdrawn: {_moment(row, 'withdrawn_at')} by {row['withdrawn_by']}: {row['withdrawn_reason']}",))
    parts: list[Inline] = []
    for (name, _), cell in zip(READ, counts(row, *(column for _, column in READ)), strict=True):
        parts += [", " if parts else "The whole file: ", f"{name} ", *cell]
    said.append(tuple(parts))
    said += [
        (f"{month(one['period'])}: rows ", *counts(one, "rows_in_period")[0], f", counts: {standing(one)}")
        for one in held
    ]
    yield Bullets((*said, *_verdicts(here, origins, row)))


def _layout(row: Record) -> str:
    return f", layout {row['layout']}" if row["layout"] else ""


def _moment(row: Record, column: str) -> str:
    return f"{day(row[column])}, {row[column]:%H:%M} UTC" if row[column] is not None else "not known"


def _verdicts(here: str, origins: Origins, of: Record) -> Iterator[Inlines]:
    """Which checks it passed, by gate; each that it did not pass, with what was found."""
    rows = origins.verdicts.get(of["submission_id"], ())
    ours = [row for row in rows if row["stage"] in OF_FILES and row["suite"] in ("file", of["dataset"])]
    if not ours:
        yield ("Gates: the release keeps no verdict on it, for it does not count any more",)
    for suite, name in (("file", "Gates of all files"), (of["dataset"], "Gates of this feed")):
        asked = [row for row in ours if row["suite"] == suite]
        passed = ", ".join(dict.fromkeys(words(row["check_id"]) for row in asked if row["passed"]))
        if asked:
            yield (Link(name, href(here, links.gate(suite))), f" that found nothing amiss: {passed or 'none'}")
        for row in asked:
            if not row["passed"]:
                yield (
                    *("Did not pass: ", _check(here, origins, row), f": {within(verdict(row)).rstrip('.')}; rows: "),
                    row.figure("unexpected_count", COUNT) if row["unexpected_count"] else "none",
                )


def _check(here: str, origins: Origins, row: Record) -> Inline:
    """A check of a verdict: a link where it is still asked."""
    name = words(row["check_id"])
    is_declared = (row["suite"], row["stage"], row["check_id"]) in origins.checks
    return Link(name, href(here, links.gate(row["suite"]), anchor_of(row))) if is_declared else name


def words(name: str) -> str:
    """The name of a check, column or table as words."""
    return " ".join(word.upper() if word in _ACRONYMS else word for word in re.split("[_.]", name))


def readable(message: str) -> str:
    """A gate's sentence for managers: names of columns, tables and checks as words, and names of files as they are."""
    return _NAME.sub(_as_words, message)


def _as_words(found: re.Match[str]) -> str:
    name, is_cell = found["name"], found["is"]
    if name is None or not (is_cell or "_" in name):
        return found[0]
    return words(name) + (" = " if is_cell and name[-1].isdigit() else " " if is_cell else "")


def verdict(row: Record) -> str:
    """`passed`, or what was found."""
    if row["passed"]:
        return "passed"
    accepted = "accepted by a waiver: " if row["waiver_ids"] else ""
    return f"{accepted}{readable(row['message'])}"


def anchor_of(row: Record) -> str:
    """The heading of a check on the page of its suite."""
    return f"{row['stage']}-{slug(row['check_id'])}"
