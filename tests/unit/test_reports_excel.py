"""Workbook of a document: numbers are numbers, shown as on the page; text is never a formula."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from publishing.reports.as_xlsx import render, sheet_name
from publishing.reports.document import Column, Document, Figure, Heading, Inlines, Paragraph, Row, Shown, Table, Trend
from publishing.reports.formats import figure, shown
from publishing.reports.sheets import CUT, LONGEST, content_of
from tests.unit.report_documents import HOSTILE, MILLIONS, MONEY, ONE, PERCENT, hostile, rich
from tests.unit.report_pages import excel_text, missing_in_order


def read(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def cells(book: Any) -> list[Any]:
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]


def seen(cell: Any) -> str:
    return cell.value if isinstance(cell.value, str) else excel_text(cell.value, cell.number_format)


def test_figures_stand_in_reading_order_as_they_are_shown() -> None:
    book = read(render(rich()))
    assert missing_in_order(rich(), "\n".join(map(seen, cells(book)))) == []


def test_numbers_of_tables_are_exact_numbers() -> None:
    sheet = read(render(rich()))["11 Finance"]
    total = next(row for row in sheet.iter_rows() if row[0].value == "Total")
    assert total[1].value == pytest.approx(16_036_748.49) and total[1].data_type == "n"
    assert [seen(cell) for cell in total[1:4]] == ["£16,036,748", "£16,043,817", "£7,069"]
    raw = zipfile.ZipFile(io.BytesIO(render(rich()))).read("xl/worksheets/sheet7.xml").decode()
    assert "<v>16036748.49</v>" in raw  # the decimal, and no float of it


@pytest.mark.parametrize(
    "how", [ONE, PERCENT, MONEY, MILLIONS, Shown(), Shown(decimals=2, scale=100, after=" p"), Shown(after='"')]
)
@pytest.mark.parametrize(
    "value",
    [0, 1, -1, 1234567.891, -1234567.891, 2.675, Decimal("0.05"), Decimal("-0.04"), -0.004, -0.5, Decimal("-2.675")],
)  # fmt: skip
@pytest.mark.parametrize("around", [((), ()), (("Band B: ",), (' "x"; then ', Trend("up", None)))])
def test_a_number_is_shown_as_on_the_page(value: Any, how: Shown, around: tuple[Inlines, Inlines]) -> None:
    before, after = around
    own = figure(value, how)
    made = content_of((*before, own, *after))
    assert not isinstance(made.value, str)
    expected = "".join([*map(str, before), shown(value, how)]) + (' "x"; then ↑ Up' if after else "")
    assert excel_text(made.value, made.number_format) == expected
    assert len(made.number_format) <= 255


def test_what_is_no_single_number_is_text() -> None:
    one, two = figure(1, ONE), figure(2, ONE)
    assert content_of((one, " then ", two)).value == "1.0 then 2.0"
    assert content_of((figure("text", Shown()),)).value == "text"
    assert content_of((one, "x" * 100)).value == "1.0" + "x" * 100
    assert content_of(()).value == ""


@pytest.mark.parametrize("document", [rich(), hostile()], ids=lambda document: document.name)
def test_nothing_is_a_formula(document: Document) -> None:
    content = render(document)
    for cell in cells(read(content)):
        assert cell.data_type in "sn", cell.value
        if isinstance(cell.value, str) and cell.value[:1] in "=+-@":
            assert cell.quotePrefix, cell.value
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert sheets and not any(re.search(rb"<f[ >]|t=\"(e|str|b)\"", sheet) for sheet in sheets)


def test_text_that_came_with_a_file_is_printed_as_it_is() -> None:
    text = "\n".join(str(cell.value) for cell in cells(read(render(hostile()))))
    for one in HOSTILE:
        assert text.count(re.sub("[\x00\u202e\ud800]", "\ufffd", one)) >= 9, one


def test_sheets_have_names_contents_and_headers_in_view() -> None:
    book = read(render(rich()))
    assert book.sheetnames == [
        "Contents", "1 Purpose", "2 Recommendations", "4 Report outcome", "6 Local quality improvement sch",
        "7 Programmes", "11 Finance", "12 Risks", "14 Conclusion",
    ]  # fmt: skip
    front = book["Contents"]
    assert front["A1"].value == rich().title and book.properties.title == rich().title
    links = [cell.hyperlink.location for row in front.iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{name}'!A1" for name in book.sheetnames[1:]]
    finance = book["11 Finance"]
    assert finance.freeze_panes == "A5" and finance.print_title_rows == "$4:$4"
    assert [cell.value for cell in finance[4]][:2] == ["Description", "YTD Budget"]
    assert all(cell.font.bold for cell in finance[4])
    assert book["4 Report outcome"].freeze_panes == "A2"


def test_colours_are_words_on_a_fill() -> None:
    sheet = read(render(rich()))["4 Report outcome"]
    fills = {cell.fill.fgColor.rgb[-6:]: seen(cell).split()[0] for row in sheet.iter_rows() for cell in row
             if cell.fill.fgColor.rgb[-6:] in ("D5281B", "007F3B", "FFEB3B")}  # fmt: skip
    assert fills == {"D5281B": "RED", "007F3B": "GREEN", "FFEB3B": "YELLOW"}


def test_a_number_fits_its_column() -> None:
    for sheet in read(render(rich())):
        for cell in (cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, int | float)):
            assert len(seen(cell)) <= sheet.column_dimensions[cell.column_letter].width, cell.coordinate


def test_names_of_sheets_are_what_excel_takes() -> None:
    taken: set[str] = set()
    names = [sheet_name(wished, taken) for wished in ("a" * 40, "A" * 40, "b:/\\?*[]'", "", "History", "  ", "it's")]
    assert names == ["a" * 31, "A" * 29 + " 2", "b", "Section", "History 2", "Section 2", "it's"]
    assert all(len(name) <= 31 for name in names)


def test_text_that_no_cell_holds_is_cut_and_says_so() -> None:
    document = Document(
        "d", "D", "", "r", (Heading(2, "h"), Paragraph(("x" * (LONGEST + 1),)), Paragraph(("y" * LONGEST,)))
    )
    values = [str(cell.value) for cell in cells(read(render(document)))]
    assert any(value.endswith(CUT) for value in values) and "y" * LONGEST in values


def test_the_same_document_is_the_same_bytes() -> None:
    first = render(rich())
    assert render(rich()) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2017, 8, 15, 6, 30, 0)}
        assert archive.read("docProps/core.xml").count(b"2017-08-15T06:30:00Z") == 2


def test_a_figure_that_moved_would_be_noticed() -> None:
    swapped = replace(rich(), blocks=tuple(reversed(rich().blocks)))
    assert missing_in_order(rich(), "\n".join(map(seen, cells(read(render(swapped)))))) != []
    table = Table("T", (Column("a"), Column("b", True)), (Row((("x",), (figure(1, ONE),))),))
    (own,) = Document("d", "D", "", "r", (table,)).figures()
    assert isinstance(own, Figure)
