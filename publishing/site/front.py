"""The first page, what changed since the release before, and every name by its letter.

Belongs here: what a manager asks first, and where it leads. Every figure on it stands on another page too.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from publishing.reports.charting import absence
from publishing.reports.cres import Savings
from publishing.reports.document import (
    Block,
    Bullets,
    Colour,
    Column,
    Document,
    Group,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Row,
    Source,
    Table,
)
from publishing.reports.formats import day, figure, month
from publishing.reports.layout import committee_layout
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import COUNT, NOT_RELEASED, is_known, numbers, target
from publishing.reports.reader import Record
from publishing.reports.wording import data_note, sentence, trend_words, value
from publishing.site import links
from publishing.site.frame import Page
from publishing.site.links import href
from publishing.site.organisations import before
from publishing.site.quality import Quality

HERE = links.INDEX
COLUMNS = (
    *(Column("Indicator"), Column("Rating"), *numbers("Value", "Before"), Column("Trend"), Column("Target")),
    Column("Months"),
)
# Changes of the commissioner that are listed on the page of changes.
MOST_CHANGES = 200


def first_page(data: PackData, quality: Quality) -> Page:
    """The first page of the site."""
    (release,) = data.reader.records("release")
    savings = Savings(data.reader, data.period)
    document = Document(
        name="index",
        title=f"Primary care in {data.name('commissioner', data.reader.commissioner)}",
        subtitle=f"{data.reader.commissioner}, {month(data.period)}",
        release_id=data.reader.release_id,
        blocks=(
            Heading(2, "Performance", anchor="performance"),
            headline_table(data),
            Heading(2, "Since the last release", anchor="changes"),
            *_changed(data, release),
            Heading(2, "Savings", anchor="savings"),
            Paragraph(savings.headline()),
            Paragraph((Link("The savings plan, scheme by scheme", href(HERE, links.SAVINGS)), ".")),
            Heading(2, "State of the data", anchor="data"),
            Bullets(quality.short(HERE)),
            quality.absent(HERE),
            Heading(2, "Look further", anchor="further"),
            Bullets(tuple((Link(text, href(HERE, path)), f": {said}") for text, path, said in FURTHER)),
        ),
        facts={
            "Data": (data.statement,),
            "Release": (f"{data.reader.release_id}, built on {day(release['created_at'])}",),
        },
    )
    return Page(HERE, document)


FURTHER = (
    ("Indicators", "indicators/index", "what each means, who owns it, and where every practice stands."),
    ("Practices", "practice/index", "a page for each practice."),
    ("Neighbourhoods", "neighbourhood/index", "ten key points of medicines, and all other indicators."),
    ("Access to general practice", links.ACCESS, "who does not reach the access measure."),
    ("Medicines", links.MEDICINES, "savings, rebates and challenged charges."),
    ("Data quality", links.QUALITY, "what is late, what gates found, what is in question."),
    ("Where figures come from", links.LINEAGE, "definitions, files and gates."),
    ("A to Z", links.LETTERS, "every name by its letter."),
)


def headline_table(data: PackData) -> Table:
    """The indicators of the committee's summary, with rating, value, trend and target."""
    rows: list[Row | Group] = []
    for group in committee_layout().summary:
        listed = [row for row in group.rows if row.indicator]
        if listed:
            rows.append(Group(group.title.format(year=_year(data))))
            rows += [_headline(data, row.name, row.indicator) for row in listed]
    return Table(f"Indicators of the commissioner; before: {data.before_label}", COLUMNS, tuple(rows))


def _year(data: PackData) -> str:
    return Savings(data.reader, data.period).year


def _headline(data: PackData, name: str, indicator: str) -> Row:
    metric = data.metric(indicator, data.commissioner)
    link: Inlines = (Link(name, href(HERE, links.indicator(indicator))),) if indicator in data.versions else (name,)
    if metric is None:
        return Row((link, ("",), NOT_RELEASED, ("",), ("",), ("",), ("",)))
    # Why there is none stands below, under the state of the data.
    shown = value(metric, with_colour=False) if is_known(metric) else (absence(metric.current),)
    return Row(
        (
            link,
            _rating(metric),
            shown,
            before(metric),
            trend_words(metric.trend) or ("not known",),
            target(metric),
            (data_note(metric),),
        )
    )


def _rating(metric: Metric) -> Inlines:
    rag = metric.current["rag"]
    return (Colour(rag),) if is_known(metric) and rag else ("not rated",)


def _counts(data: PackData) -> list[tuple[str, str, int]]:
    """Rows of `release_change` by table and kind."""
    rows = data.reader.rows("select table_name, change, count(*) from release_change group by all order by all")
    return [(table, change, int(number)) for table, change, number in rows]


def _changed(data: PackData, release: Record) -> Iterator[Block]:
    """What changed, in a few lines."""
    if release["previous_release_id"] is None:
        yield Paragraph(("This is the first release, so that there is none to compare it with.",))
        return
    found = _counts(data)
    if not found:
        yield Paragraph((f"No figure and no definition changed since release {release['previous_release_id']}.",))
        return
    total = sum(number for _, _, number in found)
    counted = figure(total, COUNT, Source("release_change", {}, "*"), operation="count")
    yield Paragraph(
        (
            counted,
            f" values changed, came or went since release {release['previous_release_id']}. ",
            Link("What changed, and by which files", href(HERE, links.CHANGES)),
            ".",
        )
    )


def changes(data: PackData) -> Page:
    """What changed since the release before: how much in which table, and which figures of the commissioner."""
    here = links.CHANGES
    (release,) = data.reader.records("release")
    previous = release["previous_release_id"]
    counts = tuple(
        Row(
            (
                (sentence(table.replace("_", " ")),),
                (change,),
                (_count(table, change, number),),
            )
        )
        for table, change, number in _counts(data)
    )
    blocks: list[Block] = []
    if previous is None:
        blocks.append(Paragraph(("This is the first release, so that there is none to compare it with.",)))
    elif not counts:
        blocks.append(Paragraph(("No figure and no definition changed.",)))
    else:
        columns = (Column("Table"), Column("Kind"), *numbers("Values or rows"))
        blocks += [
            Heading(2, "Figures of the commissioner", anchor="commissioner"),
            *_commissioner(data, here),
            Heading(2, "All tables", anchor="tables"),
            Table("How much changed in each table", columns, counts),
        ]
    document = Document(
        name="changes",
        title="What changed",
        subtitle=f"Since release {previous}" if previous else "The first release",
        release_id=data.reader.release_id,
        blocks=tuple(blocks),
    )
    return Page(here, document)


def _count(table: str, change: str, number: int) -> Inline:
    return figure(
        number, COUNT, Source("release_change", {"table_name": table, "change": change}, "*"), operation="count"
    )


def _commissioner(data: PackData, here: str) -> Iterator[Block]:
    """Headline results of the commissioner whose value changed: as it is now, and which files can have caused it."""
    rows = data.reader.records(
        "indicator_result",
        "is_headline and org_view = 'as_at' and org_type = 'commissioner' and org_code = ? and value is not null and "
        "concat_ws(', ', 'indicator_id=' || indicator_id, 'version=' || version, 'variant=' || variant, "
        "'org_view=' || org_view, 'org_type=' || org_type, 'org_code=' || org_code, "
        "'period_end=' || period_end) in (select key from release_change "
        "where table_name = 'indicator_result' and (column_name = 'value' or change = 'added'))",
        data.reader.commissioner,
        order="period_end desc, indicator_id",
    )
    if not rows:
        yield Paragraph(("No headline figure of the commissioner changed.",))
        return
    columns = (Column("Indicator"), Column("Period to"), *numbers("Value now"))
    listed = []
    for row in rows[:MOST_CHANGES]:
        (definition,) = [one for one in data.versions[row["indicator_id"]] if one["version"] == row["version"]]
        how = Metric(definition, row, None, None, (), ()).how
        name = Link(definition["name"], href(here, links.indicator(row["indicator_id"])))
        listed.append(Row(((name,), (month(row["period_end"]),), (row.figure("value", how),))))
    if len(rows) > MOST_CHANGES:
        yield Paragraph(("The newest are listed; table release_change has all.",), "note")
    yield Table("Figures that changed or came, the newest period first", columns, tuple(listed))


def letters(data: PackData, titles: Iterable[tuple[str, str]]) -> Page:
    """Every name by its first letter: search without a script.

    Args:
        titles: name and path of every page that somebody looks for.
    """
    here = links.LETTERS
    entries = sorted({(text, path) for text, path in titles}, key=lambda one: (one[0].casefold(), one[1]))
    blocks: list[Block] = []
    for letter, found in groupby(entries, key=lambda one: _letter(one[0])):
        blocks.append(Heading(2, letter, anchor=f"letter-{letter.lower()}"))
        blocks.append(Bullets(tuple((Link(text, href(here, path)),) for text, path in found)))
    document = Document(
        name="a-z",
        title="A to Z",
        subtitle="Indicators, practices, neighbourhoods, savings schemes and feeds by name",
        release_id=data.reader.release_id,
        blocks=tuple(blocks),
    )
    return Page(here, document)


def _letter(text: str) -> str:
    first = text[:1].upper()
    return first if first.isascii() and first.isalpha() else "0-9"


def named(pages: Sequence[Page]) -> Iterator[tuple[str, str]]:
    """Names by which people look for pages."""
    for page in pages:
        kind = page.path.partition("/")[0]
        if kind in ("indicators", "practice", "neighbourhood", "scheme", "feeds") and not page.path.endswith("/index"):
            yield page.document.title, page.path
