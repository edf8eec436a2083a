"""Pages of practices and neighbourhoods: the papers as they stand, and behind them every other indicator.

Belongs here: what the site adds to these papers. Which practices and neighbourhoods there are is `pack_data.py`'s.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import groupby

from publishing.reports.document import (
    Block,
    Bullets,
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
from publishing.reports.formats import month
from publishing.reports.indicator_pages import DOMAINS
from publishing.reports.metrics import Metric
from publishing.reports.neighbourhood_briefing import briefing
from publishing.reports.pack_data import Org, PackData
from publishing.reports.pack_words import COUNT, is_known, numbers, of_rows, short_value, target
from publishing.reports.practice_pack import PracticePages
from publishing.reports.wording import data_note, sentence
from publishing.site import links
from publishing.site.frame import Page
from publishing.site.links import href

COLUMNS = (Column("Indicator"), *numbers("Value", "Value before"), Column("Target"), Column("Months"))


def practices(data: PackData) -> Iterator[Page]:
    """The list of practices, and a page for each."""
    yield Page("practice/index", _practice_list(data), "Practices")
    pages = PracticePages(data)
    shown = {row.indicator for row in data.layout.practice.rows}
    for code in data.practices:
        here = links.practice(code)
        document = pages.page(code)
        blocks = (
            Heading(2, "At a glance", anchor="glance"),
            *document.blocks,
            Heading(2, "All other indicators", anchor="others"),
            _others(data, here, ("practice", code), shown),
            Heading(2, "Open questions about its data", anchor="questions"),
            *_questions(data, code),
        )
        facts = dict(document.facts) | _group(data, here, data.practices[code]["neighbourhood"])
        yield Page(here, replace(document, blocks=blocks, facts=facts), "Practices")


def neighbourhoods(data: PackData) -> Iterator[Page]:
    """The list of neighbourhoods, and a page for each."""
    yield Page("neighbourhood/index", _neighbourhood_list(data), "Neighbourhoods")
    shown = {row.indicator for row in data.layout.medicines.rows}
    for code in data.neighbourhoods:
        here = links.neighbourhood(code)
        document = briefing(data, code)
        name = data.name("neighbourhood", code)
        members = tuple(
            (
                Link(
                    f"{data.name('practice', row['practice_code'])} ({row['practice_code']})",
                    href(here, links.practice(row["practice_code"])),
                ),
            )
            for row in data.practices_in(code)
        )
        blocks = (
            *document.blocks,
            Heading(2, "All other indicators", anchor="others"),
            _others(data, here, ("neighbourhood", code), shown),
            Heading(2, "Practices", anchor="practices"),
            Bullets(members),
        )
        yield Page(here, replace(document, title=name, subtitle=document.subtitle, blocks=blocks), "Neighbourhoods")


def _group(data: PackData, here: str, neighbourhood: str | None) -> dict[str, Inlines]:
    if neighbourhood is None:
        return {}
    name = data.name("neighbourhood", neighbourhood)
    return {"Neighbourhood": (Link(name, href(here, links.neighbourhood(neighbourhood))),)}


def _others(data: PackData, here: str, org: Org, shown: Collection[str]) -> Block:
    """Every indicator that has a result of the organisation and that the paper does not show, by domain."""
    found = [
        metric
        for indicator in data.versions
        if indicator not in shown and (metric := data.metric(indicator, org)) is not None
    ]
    if not found:
        return Paragraph(("The release has none.",))
    found.sort(key=lambda one: (one.definition["domain"], one.definition["name"], one.definition["indicator_id"]))
    rows: list[Row | Group] = []
    for domain, metrics in groupby(found, key=lambda one: one.definition["domain"]):
        rows.append(Group(sentence(DOMAINS.get(domain, domain))))
        rows += [
            Row(
                (
                    (Link(one.definition["name"], href(here, links.indicator(one.definition["indicator_id"]))),),
                    short_value(one),
                    before(data, one),
                    target(one),
                    (data_note(one),),
                )
            )
            for one in metrics
        ]
    caption = f"Other indicators, with trend; before: {data.before_words}, or the survey or year before"
    return Table(caption, COLUMNS, tuple(rows))


def before(data: PackData, metric: Metric) -> Inlines:
    """The value that the trend is against, as the figure of its own period: its origin is not that of the newest."""
    if not is_known(metric):
        return ("",)
    now, earlier = metric.current, metric.before
    if earlier is not None and earlier["period_end"] == now["period_end"]:
        if now["previous_value"] is None:
            return ("not known",)
        known = data.last_known(now)
        return (known.figure("value", metric.how) if known else now.figure("previous_value", metric.how),)
    if earlier is None or earlier["value"] is None:
        return ("not known",)
    return (earlier.figure("value", metric.how),)


def _questions(data: PackData, code: str) -> Iterator[Block]:
    rows = data.queries.get(code, ())
    if not rows:
        yield Paragraph(("None.",))
        return
    columns = (Column("Question"), Column("Month"), Column("What is asked"), Column("Who answers"))
    yield Table(
        "Open questions about data of this practice",
        columns,
        tuple(
            Row(
                (
                    (sentence(row["issue"].replace("_", " ")),),
                    (month(row["month"]) if row["month"] else "of no month",),
                    (sentence(row["detail"]),),
                    (row["owner"] or "nobody is named",),
                )
            )
            for row in rows
        ),
    )


def _practice_list(data: PackData) -> Document:
    here = "practice/index"
    rows = []
    for code, listed in sorted(data.practices.items(), key=lambda one: data.name("practice", one[0])):
        group = listed["neighbourhood"]
        name = data.name("neighbourhood", group)
        rows.append(
            Row(
                (
                    (Link(data.name("practice", code), href(here, links.practice(code))),),
                    (code,),
                    (Link(name, href(here, links.neighbourhood(group))) if group else name,),
                    ("not known",) if listed["list_size"] is None else (listed.figure("list_size", COUNT),),
                    (of_rows(list(data.outliers_of(code))),),
                )
            )
        )
    columns = (
        *(Column("Practice"), Column("Code"), Column("Neighbourhood")),
        *numbers("Registered patients", "Findings as an outlier"),
    )
    return _list(data, "Practices", Table("Practices of the commissioner, by name", columns, tuple(rows)))


def _neighbourhood_list(data: PackData) -> Document:
    here = "neighbourhood/index"
    rows = []
    for code in data.neighbourhoods:
        members = data.practices_in(code)
        rows.append(
            Row(
                (
                    (Link(data.name("neighbourhood", code), href(here, links.neighbourhood(code))),),
                    (code,),
                    (data.name("locality", members[0]["locality"]),),
                    (of_rows(list(members)),),
                )
            )
        )
    columns = (Column("Neighbourhood"), Column("Code"), Column("Locality"), *numbers("Practices"))
    return _list(data, "Neighbourhoods", Table("Neighbourhoods of the commissioner, by code", columns, tuple(rows)))


def _list(data: PackData, title: str, table: Table) -> Document:
    return Document(
        name="index",
        title=title,
        subtitle=f"{data.reader.commissioner}, {month(data.period)}",
        release_id=data.reader.release_id,
        blocks=(table,),
    )
