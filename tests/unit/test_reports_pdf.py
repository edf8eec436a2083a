"""PDF of a document: tagged, the same bytes everywhere, and nothing that came with a file is run."""

from __future__ import annotations

import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pypdf
import pytest

from publishing.reports import typesetting
from publishing.reports.as_pdf import render
from publishing.reports.document import Chart, Document, Heading, Paragraph
from publishing.reports.typesetting import compiler, drawable
from tests.unit.report_documents import HOSTILE, hostile, rich
from tests.unit.report_pages import missing_in_order


def read(pdf: bytes) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(pdf).pages)


def tags(element: Any) -> Iterator[tuple[str, Any]]:
    """Every element of the tree of tags, in reading order."""
    element = element.get_object()
    if isinstance(element, pypdf.generic.ArrayObject):
        for child in element:
            yield from tags(child)
    elif isinstance(element, pypdf.generic.DictionaryObject):
        if "/S" in element:
            yield str(element["/S"]), element
        if "/K" in element:
            yield from tags(element["/K"])


def test_figures_stand_in_reading_order() -> None:
    assert missing_in_order(rich(), text_of(render(rich()))) == []


def test_a_missing_figure_would_be_noticed() -> None:
    other = replace(rich(), blocks=rich().blocks[:10])
    assert missing_in_order(rich(), text_of(render(other))) != []


def test_it_is_tagged_titled_and_in_english() -> None:
    reader = read(render(rich()))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en-GB" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Primary Care Commissioning Committee: performance report - Quarter 1 of 2017/18"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    found = list(tags(root["/StructTreeRoot"]))
    names = Counter(name for name, _ in found)
    headings = [int(name[2:]) for name, _ in found if re.fullmatch("/H[1-6]", name)]
    assert headings[0] == 1 and all(b <= a + 1 for a, b in itertools.pairwise(headings))
    assert names["/Table"] == 9 and names["/Caption"] == 8 and names["/TOC"] >= 1
    assert names["/TH"] >= 3 + 2 + 2 + 2 * 4 + 2 + 7 + 10
    alternatives = [str(element["/Alt"]) for name, element in found if name == "/Figure" and "/Alt" in element]
    assert alternatives == ["The rate falls from 9.2 to 8.1 in a year."]
    assert len(reader.outline) >= 8


def test_page_header_footer_and_turned_page() -> None:
    reader = read(render(rich()))
    pages = [page.extract_text() for page in reader.pages]
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page and "Release 20170815T063000Z-1a2b3c4d" in page
        assert ("Quarter 1 of 2017/18" in page) and "performance report" in page
    wide = [page for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert len(wide) == 1 and "Risk register" in wide[0].extract_text() and "12 Risks" in wide[0].extract_text()


def test_the_same_document_is_the_same_bytes_of_the_time_of_its_release() -> None:
    first = render(rich())
    compiler.cache_clear()
    typesetting.fonts.cache_clear()
    assert render(rich()) == first
    metadata = read(first).metadata
    assert metadata is not None and metadata.creation_date is not None
    assert f"{metadata.creation_date:%Y-%m-%d %H:%M:%S}" == "2017-08-15 06:30:00"


def test_fonts_are_our_own() -> None:
    fonts = {
        font.get_object()["/BaseFont"].split("+")[-1]
        for page in read(render(rich())).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert {name.split("-")[0] for name in fonts} == {"SourceSansPro"}


def test_text_that_came_with_a_file_is_printed_and_not_run() -> None:
    document = hostile()
    squeezed = re.sub(r"\s|\u200b", "", text_of(render(document)))
    for text in HOSTILE:
        if "\u05e9" in text:
            continue  # right to left: letters come back in the order they are drawn
        expected = drawable(re.sub("[\x00\u202e\ud800]", "\ufffd", text))
        # In the contents, headings, cells, strong text, slots and more.
        assert squeezed.count(re.sub(r"\s|\u200b", "", expected)) >= 9, text
    assert "[grinningface]" in squeezed


def test_typst_in_every_field_is_text() -> None:
    code = '#panic("run") *bold* $x$ <label> @ref // comment'
    document = Document("d", code, code, code, (Heading(2, code), Paragraph((code,), "note")), {code: (code,)})
    squeezed = "".join(text_of(render(document)).split())
    assert squeezed.count("".join(code.split())) >= 6


def test_a_character_without_a_glyph_is_named() -> None:
    assert drawable("a 😀 b 中") == "a [grinning face] b [cjk unified ideograph-4e2d]"
    assert drawable("£ é – ≥ ↑ Ω") == "£ é – ≥ ↑ Ω"
    assert drawable("w" * 30) == "\u200b".join(["w" * 10] * 3)


def test_a_chart_without_an_alternative_is_refused() -> None:
    chart = next(block for block in rich().blocks if isinstance(block, Chart))
    with pytest.raises(ValueError, match="no text alternative"):
        render(replace(rich(), blocks=(replace(chart, alternative=" "),)))
