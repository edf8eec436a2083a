"""HTML of a document: every figure with its source, words for colours, nothing that runs or is fetched."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from lxml import html as lxml_html

from publishing.reports import look
from publishing.reports.as_html import render
from publishing.reports.document import Document, Figure, Heading, Link, Paragraph, Shown
from publishing.reports.drawings import for_page
from publishing.reports.formats import figure
from tests.unit.report_documents import HOSTILE, hostile, rich, source, svg
from tests.unit.report_pages import page_figures


def with_figures(*figures: Figure) -> Document:
    return Document("one", "One", "", "r", (Paragraph(figures),))


def test_every_figure_says_where_it_stands() -> None:
    document = rich()
    found, expected = page_figures(render(document)), list(document.figures())
    assert len(found) == len(expected) > 60
    for page, own in zip(found, expected, strict=True):
        assert page.text == own.text
        assert Decimal(page.value) == Decimal(str(own.value))
        assert page.operation == own.operation
        how = page.shown
        assert Shown(**{**how, **({"scale": Decimal(how["scale"])} if "scale" in how else {})}) == own.how
        sources = [{"table": one.table, "key": dict(one.key), "column": one.column} for one in own.sources]
        assert page.sources == sources


def test_a_figure_of_several_sources_lists_them() -> None:
    one, two = source("t", "a", practice='it\'s "<x>" & y'), replace(source("t", "b", month="2017-06-01"), sign=-1)
    (found,) = page_figures(render(with_figures(figure(Decimal("1.50"), Shown(1), one, two, operation="sum"))))
    assert (found.text, found.value, found.operation) == ("1.5", "1.50", "sum")
    assert found.sources == [
        {"table": "t", "key": {"practice": 'it\'s "<x>" & y'}, "column": "a"},
        {"table": "t", "key": {"month": "2017-06-01"}, "column": "b", "sign": -1},
    ]
    (taken,) = page_figures(render(with_figures(figure(-2, Shown(), two, operation="sum"))))
    assert taken.sources == found.sources[1:]
    (lone,) = page_figures(render(with_figures(figure("it's <b>", Shown(), one))))
    assert (lone.text, lone.value, lone.sources[0]["key"]) == ("it's <b>", "it's <b>", dict(one.key))


@pytest.mark.parametrize("document", [rich(), hostile()], ids=lambda document: document.name)
def test_a_page_is_one_file_that_runs_and_fetches_nothing(document: Document) -> None:
    text = render(document)
    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    page = lxml_html.fromstring(text)
    assert not page.xpath("//script | //iframe | //object | //form | //link[@rel='stylesheet'] | //img | //b | //i")
    assert not page.xpath("//@*[starts-with(name(), 'on')]")
    assert {href for href in page.xpath("//@href") if ":" in href} == {"data:,"}
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in page.xpath("//@href") if href.startswith("#")} <= set(ids)
    assert len(text.encode()) < 300_000
    assert "\x00" not in text and "\u202e" not in text


def test_text_that_came_with_a_file_is_printed_as_it_is() -> None:
    page = lxml_html.fromstring(render(hostile()))
    headings = [heading.text_content() for heading in page.xpath("//h2")]
    cells = [cell.text_content() for cell in page.xpath("//table[1]//tr/th[@scope='row']")]
    for text in HOSTILE:
        expected = re.sub("[\x00\u202e\ud800]", "\ufffd", text)
        assert expected in headings, text
        assert expected in cells, text


def test_headings_tables_and_landmarks_are_what_screen_readers_need() -> None:
    page = lxml_html.fromstring(render(rich()))
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3 | //h4 | //h5")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert [len(page.xpath(f"//{tag}")) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    tables = page.xpath("//table")
    assert len(tables) == 7
    for table in tables:
        assert table.xpath("caption")[0].text_content()
        assert len(table.xpath("thead/tr/th[@scope='col']")) == len(table.xpath("thead/tr/*")) > 1
        for row in table.xpath("tbody/tr"):
            assert row.xpath("th[@scope='row'] | th[@scope='rowgroup']")
        region = table.getparent()
        assert region.get("role") == "region" and region.get("tabindex") == "0" and region.get("aria-label")
    labels = page.xpath("//@aria-label")
    assert len(labels) - 4 == len(set(labels)) - 2  # the two pairs have the same two sides
    (drawing,) = page.xpath("//*[local-name()='svg']")
    assert drawing.get("role") == "img" and drawing.get("aria-label").startswith("The rate falls")
    assert drawing.getparent().get("aria-label") == "Chart 1: Rate of A&E attendance, by month"
    assert page.xpath("//figure/details//table") and page.xpath("//html/@lang") == ["en-GB"]


def test_colours_trends_and_slots_are_words() -> None:
    text = re.sub(r"\s+", " ", lxml_html.fromstring(render(rich())).text_content())
    for words in ("RED 77% of 84.5%↓ Down (worsening)", "GREEN 1.15", "YELLOW 9.2 then 8.5 ↑ Up", "AMBER on plan",
                  "Carried over from May 2017.", "No update this reporting period."):  # fmt: skip
        assert words in text
    assert "Carried over from June 2017." not in text


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_words_can_be_read_on_their_ground() -> None:
    assert contrast("ffffff", "000000") == pytest.approx(21)
    for ground, ink in [*look.CHIPS.values(), (look.BLUE, look.PAPER), (look.DARK, look.PAPER)]:
        assert contrast(ground, ink) >= 4.5, (ground, ink)
    for ink in (look.INK, look.QUIET, look.LINK, look.DARK, *look.TONES.values()):
        assert min(contrast(ink, look.PAPER), contrast(ink, look.SHADE)) >= 4.5, ink


def test_the_page_uses_the_colours_of_the_other_files() -> None:
    text = render(rich())
    for name, (ground, ink) in look.CHIPS.items():
        assert f".chip.{name} {{ background: #{ground}; color: #{ink}; }}" in text


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//host/x", "a b", "file:///x", "\\\\x"]
)
def test_a_link_that_is_no_page_is_refused(href: str) -> None:
    with pytest.raises(ValueError, match="a link leads to"):
        render(Document("one", "One", "", "r", (Paragraph((Link("x", href),)),)))


@pytest.mark.parametrize("href", ["pack.html", "packs/A1.html#x", "../a.html", "#part", "https://example.org/a?b=1"])
def test_a_link_to_a_page_is_kept(href: str) -> None:
    document = Document("one", "One", "", "r", (Heading(2, "Part", anchor="part"), Paragraph((Link("x", href),))))
    assert lxml_html.fromstring(render(document)).xpath("//main//a/@href") == [href]


def test_a_link_to_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no heading has this anchor"):
        render(Document("one", "One", "", "r", (Heading(2, "A"), Paragraph((Link("x", "#part"),)))))


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<script>alert(1)</script>", "holds <script>"),
        ("<foreignObject/>", "holds <foreignObject>"),
        ('<rect onclick="x()"/>', "onclick"),
        ('<use href="http://a/b.svg#x"/>', "href"),
        ('<use xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="b.svg#x"/>', "href"),
        ('<rect fill="url(http://a/b)"/>', "refer to its own"),
        ("<style>@import 'x';</style>", "style of a drawing"),
        ("<text>", "cannot be read"),
    ],
)  # fmt: skip
def test_a_drawing_that_does_more_than_show_is_refused(inside: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        for_page(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{inside}</svg>', "c", "x")


def test_a_drawing_with_entities_or_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="entities"):
        for_page('<!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "c", "x")
    with pytest.raises(ValueError, match="no size"):
        for_page('<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="10"/>', "c", "x")
    with pytest.raises(ValueError, match="expected <svg>"):
        for_page('<g xmlns="http://www.w3.org/2000/svg"/>', "c", "x")


def test_two_drawings_of_one_page_share_no_names() -> None:
    chart = next(block for block in rich().blocks if type(block).__name__ == "Chart")
    page = lxml_html.fromstring(render(replace(rich(), blocks=(chart, chart))))
    assert page.xpath("//*[local-name()='svg']//@id") == ["chart-1-area", "chart-2-area"]
    assert page.xpath("//@clip-path") == ["url(#chart-1-area)", "url(#chart-2-area)"]
    assert "title" in svg() and not page.xpath("//*[local-name()='svg']/*[local-name()='title']")


def test_a_page_among_others_leads_back_to_their_list_first() -> None:
    alone = Document("one", "One", "", "r", (Paragraph(("x",)),))
    assert lxml_html.fromstring(render(alone)).xpath("//header//a") == []
    page = lxml_html.fromstring(render(replace(alone, index="../index.html")))
    assert page.xpath("//a/@href")[:2] == ["#content", "../index.html"]
    assert page.xpath("//header/div/nav[@aria-label]/a/text()") == ["All papers of this period"]
