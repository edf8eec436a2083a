"""What changed since the release before: how much in which table, which figures of the commissioner, by which files.

Belongs here: what `release_change` says, for people. How two releases are compared is in `publishing.diff`.
"""

from collections.abc import Iterator, Mapping

from publishing.diff import key_sql
from publishing.reports.document import (
    Block,
    Column,
    Document,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Source,
    Table,
)
from publishing.reports.formats import figure, month
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import COUNT, numbers
from publishing.reports.reader import Record
from publishing.reports.wording import sentence
from publishing.site import links
from publishing.site.frame import Page
from publishing.site.links import Filed, href
from publishing.tables import MARTS

HERE = links.CHANGES
# Figures that are listed, and files that are named of each: the table in the release has all.
MOST_CHANGES, MOST_FILES = 100, 3
FIRST = "This is the first release, so that there is none to compare it with."
COLUMNS = (
    *(Column("Indicator"), Column("Period to"), *numbers("Value now"), Column("Moved")),
    Column("What can have caused it"),
)
(RESULT_KEY,) = [mart.key for mart in MARTS if mart.name == "indicator_result"]


def in_short(data: PackData, here: str) -> Iterator[Block]:
    """What changed, in a line, and where more of it stands."""
    previous = _previous(data)
    if previous is None:
        yield Paragraph((FIRST,))
        return
    found = _counts(data)
    if not found:
        yield Paragraph((f"No figure and no definition changed since release {previous}{_together(data)}.",))
        return
    total = figure(sum(found.values()), COUNT, Source("release_change", {}, "*"), operation="count")
    link = Link("What changed, and by which files", href(here, HERE))
    said = f" values or rows changed, came or went since release {previous}{_together(data)}. "
    yield Paragraph((total, said, link, "."))


def page(data: PackData, filed: Filed, titles: Mapping[str, str]) -> Page:
    """The page of changes; `filed`: where each submission stands, `titles`: what each feed is called."""
    previous, found = _previous(data), _counts(data)
    blocks: list[Block] = []
    if previous is None:
        blocks.append(Paragraph((FIRST,)))
    elif not found:
        blocks.append(Paragraph(("No figure and no definition changed.",)))
    else:
        rows = tuple(
            Row(((sentence(table.replace("_", " ")),), (change,), (_count(table, change, number),)))
            for (table, change), number in found.items()
        )
        columns = (Column("Table"), Column("Kind"), *numbers("Values or rows"))
        blocks += [
            Heading(2, "Figures of the commissioner", anchor="commissioner"),
            *_commissioner(data, filed, titles),
            Heading(2, f"All tables{_together(data)}", anchor="tables"),
            Table("How much changed in each table", columns, rows),
        ]
    document = Document(
        name="changes",
        title="What changed",
        subtitle=f"Since release {previous}" if previous else "The first release",
        release_id=data.reader.release_id,
        blocks=tuple(blocks),
    )
    return Page(HERE, document)


def _previous(data: PackData) -> str | None:
    (release,) = data.reader.records("release")
    found: str | None = release["previous_release_id"]
    return found


def _together(data: PackData) -> str:
    """Whose tables they are, where that is more than the one whose pages these are."""
    return " of all commissioners together" if len(data.reader.commissioners) > 1 else ""


def _counts(data: PackData) -> Mapping[tuple[str, str], int]:
    """Rows of `release_change` by table and kind."""
    rows = data.reader.rows("select table_name, change, count(*) from release_change group by all order by all")
    return {(table, change): int(number) for table, change, number in rows}


def _count(table: str, change: str, number: int) -> Inline:
    source = Source("release_change", {"table_name": table, "change": change}, "*")
    return figure(number, COUNT, source, operation="count")


def _commissioner(data: PackData, filed: Filed, titles: Mapping[str, str]) -> Iterator[Block]:
    """Headline results of the commissioner whose value changed or came: as they are now."""
    moved = data.reader.rows(
        f"""
        select result.indicator_id, result.version, result.period_end, change.before::double, change.cause
        from release_change as change
        join indicator_result as result on change.key = {key_sql(RESULT_KEY, "result")}
        left join indicator as definition using (indicator_id, version)
        where change.table_name = 'indicator_result' and (change.column_name = 'value' or change.change = 'added')
            and is_headline and org_view = 'as_at' and org_type = 'commissioner' and org_code = ?
            and result.value is not null
        order by definition.direction is not distinct from 'neutral', period_end desc, indicator_id
        """,
        data.reader.commissioner,
    )
    if not moved:
        yield Paragraph(("No headline figure of the commissioner changed or came.",))
        return
    results = {
        (row["indicator_id"], row["version"], row["period_end"]): row
        for row in data.reader.records(
            "indicator_result",
            "is_headline and org_view = 'as_at' and org_type = 'commissioner' and org_code = ?",
            data.reader.commissioner,
        )
    }
    named = {
        (row["dataset"], row["submission_id"]): _called(data, row, titles)
        for row in data.reader.records("submission", order="period desc")
    }
    if len(moved) > MOST_CHANGES:
        yield Paragraph(("The newest are listed; table release_change has all.",), "note")
    rows = tuple(
        _row(data, results[indicator, version, end], before, _causes(cause, named, filed))
        for indicator, version, end, before, cause in moved[:MOST_CHANGES]
    )
    yield Table("Figures that changed or came: where one way is good first, then the newest period", COLUMNS, rows)


def _row(data: PackData, result: Record, before: float | None, causes: Inlines) -> Row:
    (definition,) = [one for one in data.versions[result["indicator_id"]] if one["version"] == result["version"]]
    how = Metric(definition, result, None, None, (), ()).how
    name = Link(definition["name"], href(HERE, links.indicator(result["indicator_id"])))
    direction = "new" if before is None else "up" if result["value"] > before else "down"
    return Row(((name,), (month(result["period_end"]),), (result.figure("value", how),), (direction,), causes))


def _called(data: PackData, row: Record, titles: Mapping[str, str]) -> str:
    """A file by its name; of several commissioners by its feed and first month: names of files say whose they are."""
    if len(data.reader.commissioners) == 1:
        return str(row["file_name"])
    return f"a file of {titles.get(row['dataset'], row['dataset'])}, {month(row['period'])}"


def _causes(cause: str | None, named: Mapping[tuple[str, str], str], filed: Filed) -> Inlines:
    """The files of a cause, each a link to where it stands; what is no file as it is said."""
    if cause is None:
        return ("not known",)
    if cause.startswith("no file"):
        return (sentence(cause) + ".",)
    files = cause.split(", ")
    parts: list[Inline] = []
    for file in files[:MOST_FILES]:
        dataset, _, submission_id = file.partition(" ")
        name = named.get((dataset, submission_id))
        if parts:
            parts.append(", ")
        parts.append(Link(name, href(HERE, *filed[dataset, submission_id])) if name else file)
    return (*parts, " and others") if len(files) > MOST_FILES else tuple(parts)
