"""The first page, what changed since the release before, and every name by its letter.

Belongs here: what a manager asks first, and where it leads. Every figure on it stands on another page too.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from publishing.reports.charting import absence
from publishing.reports.cres import Savings
from publishing.reports.document import (
    Block,
    Break,
    Bullets,
    Colour,
    Column,
    Document,
    Group,
    Heading,
    Inlines,
    Link,
    Paragraph,
    Row,
    Table,
)
from publishing.reports.formats import day, month
from publishing.reports.layout import committee_layout
from publishing.reports.metrics import Metric
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import (
    BEFORE_SAME,
    NOT_RELEASED,
    VARIATION_IN_A_WORD,
    is_known,
    numbers,
    rounded,
    target,
)
from publishing.reports.wording import data_note, trend_words, value
from publishing.site import changes, links
from publishing.site.frame import Page
from publishing.site.links import href
from publishing.site.organisations import before
from publishing.site.quality import Quality

HERE = links.INDEX
COLUMNS = (
    *(Column("Indicator"), Column("Rating"), *numbers("Value", "Before"), Column("Trend")),
    *(Column("Control chart"), Column("Target")),
)

TOLD = (
    "Trend: the newest figure against that, called better or worse where the control chart, of single months, finds "
    "more than chance."
)


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
            Paragraph(
                (f"Before: as it was reported for {month(data.before_period)}, or {BEFORE_SAME}. {TOLD}",), "note"
            ),
            headline_table(data),
            Heading(2, "Since the last release", anchor="changes"),
            *changes.in_short(data, HERE),
            Heading(2, "Savings", anchor="savings"),
            Paragraph(savings.headline()),
            *((Paragraph(savings.later(), "note"),) if savings.later() else ()),
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
    return Table("Indicators of the commissioner", COLUMNS, tuple(rows))


def _year(data: PackData) -> str:
    return Savings(data.reader, data.period).year


def _headline(data: PackData, name: str, indicator: str) -> Row:
    metric = data.metric(indicator, data.commissioner)
    link: Inlines = (Link(name, href(HERE, links.indicator(indicator))),) if indicator in data.versions else (name,)
    if metric is None:
        return Row((link, ("",), NOT_RELEASED, *[("",)] * 4))
    # Why there is none stands below, under the state of the data.
    shown = (*value(metric, with_colour=False), *rounded(metric)) if is_known(metric) else (absence(metric.current),)
    return Row(
        (
            (*link, Break(), data_note(metric), *_unit(metric)),
            _rating(metric),
            shown,
            before(data, metric),
            trend_words(metric.judged_trend) or ("not known",),
            (VARIATION_IN_A_WORD.get(metric.current["spc_variation"] or "", "none"),),
            target(metric),
        )
    )


def _unit(metric: Metric) -> Inlines:
    """What the figure is in, where that does not stand beside it."""
    unit = metric.definition["unit"]
    return () if unit == "%" else (f"; {unit}",)


def _rating(metric: Metric) -> Inlines:
    rag = metric.current["rag"]
    return (Colour(rag),) if is_known(metric) and rag else ("not rated",)


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
