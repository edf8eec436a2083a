"""Pages of savings: the papers of finance and of medicines as they stand, and a page for each scheme.

Belongs here: what the site says of one scheme; the tables and drawings are those of the papers.
"""

from collections.abc import Iterator
from dataclasses import replace

from publishing.reports import savings_charts
from publishing.reports.cres import STATES, Savings, evidence_cells, rag
from publishing.reports.document import Block, Bullets, Column, Document, Heading, Inlines, Link, Paragraph, Row, Table
from publishing.reports.formats import month
from publishing.reports.pack_data import PackData
from publishing.reports.pack_words import numbers
from publishing.reports.reader import Record
from publishing.reports.savings_packs import frog_pack, moc_pack
from publishing.reports.wording import sentence
from publishing.site import links
from publishing.site.frame import Page
from publishing.site.links import href

SECTION = "Savings"


def pages(data: PackData) -> Iterator[Page]:
    """The plan, medicines, and each scheme of the year."""
    savings = Savings(data.reader, data.period)
    here = links.SAVINGS
    schemes = tuple((Link(row["scheme_name"], href(here, links.scheme(row["scheme_id"]))),) for row in savings.schemes)
    first = frog_pack(data)
    blocks: tuple[Block, ...] = (
        *first.blocks,
        Heading(2, "Each scheme", anchor="each"),
        *((Bullets(schemes),) if schemes else ()),
        Heading(2, "Medicines", anchor="medicines"),
        Paragraph((Link("The pack of the medicines committee", href(here, links.MEDICINES)), ".")),
    )
    yield Page(here, replace(first, title=SECTION, blocks=blocks), SECTION)
    yield Page(links.MEDICINES, replace(moc_pack(data), title="Savings of medicines"), SECTION)
    for row in savings.schemes:
        yield Page(links.scheme(row["scheme_id"]), _scheme(data, savings, row), SECTION)


def _scheme(data: PackData, savings: Savings, row: Record) -> Document:
    chart = savings_charts.burn_up_of(savings, row)
    blocks: tuple[Block, ...] = (
        Heading(2, "Position", anchor="position"),
        savings.position(row),
        *((chart,) if chart else ()),
        Heading(2, "Evidence in the feeds", anchor="evidence"),
        *_evidence(data, savings, row),
    )
    facts: dict[str, Inlines] = {
        "Lead": (row["lead"] or "none named",),
        "Category": ((row["category"] or "not stated").replace("_", " "),),
        "Recurrence": ((row["recurrence"] or "not stated").replace("_", "-"),),
        "RAG, computed": rag(row["rag_finance"]),
        "RAG, lead's": rag(row["rag_delivery"]),
        "Mitigation": (row["mitigation"] or "none on record",),
    }
    return Document(
        name="scheme",
        title=row["scheme_name"],
        subtitle=f"Savings scheme {row['scheme_id']}, {savings.year}",
        release_id=data.reader.release_id,
        blocks=blocks,
        facts=facts,
    )


def _evidence(data: PackData, savings: Savings, scheme: Record) -> Iterator[Block]:
    rows = data.reader.records(
        "cres_evidence",
        "entity_code = ? and financial_year = ? and scheme_id = ? and month <= ?",
        *(scheme["entity_code"], savings.year, scheme["scheme_id"], data.period),
        order="month",
    )
    if not rows:
        yield Paragraph(("No feed is looked into for this scheme.",))
        return
    columns = (
        *(Column("Month"), *numbers("Claimed £", "Evidenced £", "Difference £"), Column("What the feeds say")),
        *(Column("How it is worked out"), Column("Why")),
    )
    yield Table(
        "Claimed savings and what the feeds show of them",
        columns,
        tuple(
            Row(
                (
                    (month(row["month"]),),
                    *evidence_cells(row),
                    (STATES.get(row["state"], row["state"]),),
                    ((row["method"] or "not stated").replace("_", " "),),
                    (sentence(row["state_reason"]) if row["state_reason"] else "",),
                )
            )
            for row in rows
        ),
    )
