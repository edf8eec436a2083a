"""Word of a document: to be edited, with real styles; figures in reading order; the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import docx
from docx.oxml.ns import qn
from lxml import etree

from publishing.reports.as_docx import render
from publishing.reports.document import Bullets, Document, Heading, Paragraph, Slot
from tests.unit.report_documents import HOSTILE, hostile, rich
from tests.unit.report_pages import missing_in_order


def read(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content))


def text_of(word: Any) -> str:
    """All paragraphs, in the order of the file."""
    return "\n".join("".join(_texts(paragraph)) for paragraph in word.element.body.iter(qn("w:p")))


def _texts(paragraph: Any) -> list[str]:
    return [" " if part.tag == qn("w:br") else part.text or "" for part in paragraph.iter(qn("w:t"), qn("w:br"))]


def test_figures_stand_in_reading_order() -> None:
    assert missing_in_order(rich(), text_of(read(render(rich())))) == []


def test_styles_are_real() -> None:
    word = read(render(rich()))
    by_style = {paragraph.style.name for paragraph in word.paragraphs}
    assert {
        "Heading 1",
        "Heading 2",
        "Heading 3",
        "Subtitle",
        "Caption",
        "List Bullet",
        "List Number",
        "Note",
    } <= by_style
    titles = [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 1"]
    assert titles == [rich().title]
    assert [paragraph.text for paragraph in word.paragraphs if paragraph.style.name == "Heading 2"][:2] == [
        "1 Purpose", "2 Recommendations",
    ]  # fmt: skip


def test_tables_repeat_their_header_and_are_not_torn() -> None:
    word = read(render(rich()))
    tables = list(word.element.body.iter(qn("w:tbl")))
    assert len(tables) == 1 + 7 + 2  # facts, tables, pairs
    for table in tables[1:]:
        header, *rows = table.findall(qn("w:tr"))
        assert header.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
        assert all(row.find(qn("w:trPr")).find(qn("w:cantSplit")) is not None for row in rows)
        assert table.tblPr.find(qn("w:tblStyle")).get(qn("w:val")) == "ReportTable"
        assert table.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))


def test_properties_language_and_alternative_text() -> None:
    content = render(rich())
    word = read(content)
    about = word.core_properties
    assert (about.title, about.language) == (rich().title, "en-GB")
    assert f"{about.created:%Y-%m-%d %H:%M}" == f"{about.modified:%Y-%m-%d %H:%M}" == "2017-08-15 06:30"
    languages = {one.get(qn("w:val")) for one in word.styles.element.iter(qn("w:lang"))}
    assert languages == {"en-GB"}
    (picture,) = word.inline_shapes
    assert picture._inline.docPr.get("descr") == "The rate falls from 9.2 to 8.1 in a year."
    assert picture.width.mm == 174


def test_a_slot_is_a_place_with_a_name() -> None:
    word = read(render(rich()))
    starts = {one.get(qn("w:name")): one for one in word.element.body.iter(qn("w:bookmarkStart"))}
    ends = {one.get(qn("w:id")): one for one in word.element.body.iter(qn("w:bookmarkEnd"))}
    assert {"slot_assurance_1", "slot_assurance_2", "slot_visits", "slot_conclusion"} <= set(starts)
    assert len({one.get(qn("w:id")) for one in starts.values()}) == len(starts) == len(ends)
    start = starts["slot_assurance_1"]
    paragraph, held = start.getparent(), []
    while paragraph is not None:
        held.append("".join(_texts(paragraph)))
        if ends[start.get(qn("w:id"))].getparent() is paragraph:
            break
        paragraph = paragraph.getnext()
    assert held[:2] == ["Assurance on CCG control measures", "Carried over from May 2017."]
    assert len(held) == 4 and held[3].endswith("September.")
    assert all(len(name) <= 40 for name in starts)


def test_links_lead_to_places_that_are_there() -> None:
    word = read(render(rich()))
    names = {one.get(qn("w:name")) for one in word.element.body.iter(qn("w:bookmarkStart"))}
    inside = {one.get(qn("w:anchor")) for one in word.element.body.iter(qn("w:hyperlink"))} - {None}
    assert "schemes" in inside and inside <= names
    outside = [one.target_ref for one in word.part.rels.values() if one.is_external]
    assert outside == ["pack-A81001.html"]


def test_every_numbered_list_begins_with_one() -> None:
    ranked = Bullets((("a",), ("b",)), ordered=True)
    word = read(render(Document("d", "D", "", "r", (ranked, Paragraph(("x",)), ranked))))
    numbers = [p._p.pPr.numPr.numId.val for p in word.paragraphs if p.style.name == "List Number"]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]
    for number in (numbers[0], numbers[2]):
        num = word.part.numbering_part.element.num_having_numId(number)
        assert num.lvlOverride_lst[0].xpath("w:startOverride/@w:val") == ["1"]


def test_wide_tables_turn_the_page_and_page_numbers_are_fields() -> None:
    word = read(render(rich()))
    assert [section.page_width > section.page_height for section in word.sections] == [False, True, False]
    for section in word.sections:
        assert "Release 20170815T063000Z-1a2b3c4d" in section.footer.paragraphs[0].text
        fields = [one.text.strip() for one in section.footer._element.iter(qn("w:instrText"))]
        assert fields == ["PAGE", "NUMPAGES"]


def test_text_that_came_with_a_file_is_printed_as_it_is() -> None:
    text = text_of(read(render(hostile())))
    for one in HOSTILE:
        assert text.count(re.sub("[\x00\u202e\ud800]", "\ufffd", one)) >= 9, one


def test_the_order_of_elements_is_what_the_schema_wants() -> None:
    """Word refuses a file whose properties stand in another order; python-docx does not look."""
    content = render(rich())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        roots = [etree.fromstring(archive.read(name)) for name in ("word/document.xml", "word/styles.xml")]
    order = {
        "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
        "spacing ind contextualSpacing jc outlineLvl rPr sectPr",
        "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike color spacing kern sz szCs u shd vertAlign lang",
        "tblPr": "tblStyle tblStyleRowBandSize tblStyleColBandSize tblW jc tblInd tblBorders shd tblLayout tblCellMar "
        "tblLook tblCaption",
        "tcPr": "tcW gridSpan vMerge tcBorders shd",
        "trPr": "cantSplit tblHeader",
    }
    for root in roots:
        for name, wanted in order.items():
            places = {qn(f"w:{one}"): place for place, one in enumerate(wanted.split())}
            for element in root.iter(qn(f"w:{name}")):
                found = [child.tag for child in element]
                assert set(found) <= set(places), (name, set(found) - set(places))
                assert found == sorted(found, key=places.__getitem__), (name, found)
                assert len(found) == len(set(found)), (name, found)
        for cell in root.iter(qn("w:tc")):
            assert cell[-1].tag == qn("w:p")


def test_the_same_document_is_the_same_bytes() -> None:
    first = render(rich())
    assert render(rich()) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2017, 8, 15, 6, 30, 0)}


def test_a_slot_below_the_deepest_heading_is_still_a_heading() -> None:
    blocks = (Heading(2, "a"), Heading(3, "b"), Heading(4, "c"), Slot("k", "Slot"))
    word = read(render(Document("d", "D", "", "r", blocks)))
    assert [(p.text, p.style.name) for p in word.paragraphs if p.text == "Slot"] == [("Slot", "Heading 5")]
