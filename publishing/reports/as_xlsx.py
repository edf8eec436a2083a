"""A document as a workbook: one sheet per section, so that a table stands beside what is said of it.

Belongs here: what stands where. Cells are in `sheets.py`. A chart is its figures. Everything stands in reading
order, one block under the other; the columns of a pair too.
"""

import io
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pcw.files import write_atomically
from publishing.reports import look
from publishing.reports.archives import moment_of, with_fixed_times
from publishing.reports.document import (
    Block,
    Bullets,
    Chart,
    Document,
    Group,
    Heading,
    Inlines,
    Link,
    Pair,
    Paragraph,
    Slot,
    Table,
)
from publishing.reports.outline import prepared, title_of
from publishing.reports.sheets import content_of, look_of, put
from publishing.reports.widths import plain, widths

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

FRONT = "Contents"
# Characters: a sheet is at least as wide as a line of text, a column at most as wide as is read with ease.
LINE_WIDTH, WIDEST = 100, 60
HEADING_SIZES = {2: 16.0, 3: 13.0, 4: 11.0, 5: 10.0}
# A header below this row would freeze half of the screen.
DEEPEST_FREEZE = 8
_NO_NAME = re.compile(r"[\[\]:*?/\\\ufffd]")


def write(document: Document, path: Path) -> None:
    """The workbook as a file."""
    write_atomically(path, render(document))


def render(document: Document) -> bytes:
    """The workbook."""
    import openpyxl
    from openpyxl.writer.excel import ExcelWriter

    document = prepared(document)
    book = openpyxl.Workbook()
    moment = moment_of(document.release_id)
    about = book.properties
    about.title, about.subject, about.language = document.title, document.subtitle, document.language
    about.creator, about.identifier = "Primary Care Warehouse", document.release_id
    about.created = about.modified = moment.replace(tzinfo=None)
    _Writer(book).write(document)
    target = io.BytesIO()
    # `book.save` would put the time of today into the file.
    ExcelWriter(book, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)).save()
    return with_fixed_times(target.getvalue(), moment)


def sheet_name(wished: str, taken: set[str]) -> str:
    """A name that Excel takes: 31 characters, none of []:*?/\\, told apart without regard to case."""
    plain_name = " ".join(_NO_NAME.sub(" ", wished).split()).strip("'").strip() or "Section"
    name, number = plain_name[:31].strip("' "), 1
    while name.lower() in taken or name.lower() == "history":
        number += 1
        name = f"{plain_name[: 30 - len(str(number))].strip()} {number}"
    taken.add(name.lower())
    return name


@dataclass(frozen=True)
class _Text:
    """A text that may need more than one line: its row, column (0: over the whole sheet), length and size."""

    row: int
    column: int
    length: int
    size: float = 10


@dataclass
class _Sheet:
    """A sheet while it is filled."""

    sheet: "Worksheet"
    row: int = 1
    widths: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    headers: list[int] = field(default_factory=list)
    texts: list["_Text"] = field(default_factory=list)

    def cell(self, column: int) -> "Cell":
        cell = self.sheet.cell(self.row, column)
        return cell  # type: ignore[return-value]


@dataclass
class _Writer:
    book: "Workbook"
    places: dict[str, tuple[str, int]] = field(default_factory=dict)
    links: list[tuple["Cell", str]] = field(default_factory=list)

    def write(self, document: Document) -> None:
        taken: set[str] = set()
        first = self.book.active
        assert first is not None
        first.title = sheet_name(FRONT, taken)
        front = _Sheet(first)
        filled: list[tuple[str, _Sheet]] = []
        for title, blocks in sections(document):
            sheet = _Sheet(self.book.create_sheet(sheet_name(title, taken)))
            self._blocks(sheet, blocks)
            filled.append((title, sheet))
        self._front(front, document, filled)
        for cell, href in self.links:
            self._link(cell, href)
        for one in (front, *(sheet for _, sheet in filled)):
            _finish(one, document.release_id)

    def _front(self, front: _Sheet, document: Document, filled: list[tuple[str, _Sheet]]) -> None:
        self._line(front, document.title, size=18, bold=True, ink=look.BLUE)
        if document.subtitle:
            self._line(front, document.subtitle, size=12, ink=look.QUIET)
        front.row += 1
        front.widths |= {1: 40, 2: 60}
        for name, content in document.facts.items():
            look_of(put(front.cell(1), name), bold=True, line=True)
            self._cell(front, 2, content, align="left")
            front.texts.append(_Text(front.row, 2, len(plain(content))))
            front.row += 1
        front.row += 1
        self._line(front, "Sheets", size=13, bold=True)
        for title, sheet in filled:
            cell = look_of(put(front.cell(1), title), link=True, ink=look.LINK)
            _to_place(cell, sheet.sheet.title, 1)
            front.texts.append(_Text(front.row, 1, len(title)))
            front.row += 1

    def _blocks(self, sheet: _Sheet, blocks: tuple[Block, ...]) -> None:
        for block in blocks:
            self._block(sheet, block)

    def _block(self, sheet: _Sheet, block: Block) -> None:
        match block:
            case Heading(level=level):
                sheet.row += 1 if sheet.row > 1 else 0
                self.places[block.anchor] = (sheet.sheet.title, sheet.row)
                ink = look.DARK if level == 2 else look.INK
                self._line(sheet, title_of(block), size=HEADING_SIZES[level], bold=True, ink=ink)
            case Paragraph(content=content, tone=tone):
                self._line(sheet, content, ink=look.QUIET if tone == "note" else look.INK)
            case Bullets(items=items, ordered=ordered):
                for number, item in enumerate(items, 1):
                    self._line(sheet, (f"{number}. " if ordered else "• ", *item))
            case Table():
                self._table(sheet, block)
            case Chart(title=title, alternative=alternative, data=data):
                sheet.row += 1
                self._line(sheet, title, bold=True)
                self._line(sheet, alternative, ink=look.QUIET)
                if data is not None:
                    self._table(sheet, data)
            case Slot():
                self._slot(sheet, block)
            case Pair(headers=headers):
                for header, side in zip(headers, (block.left, block.right), strict=True):
                    self._line(sheet, header, bold=True, fill=look.SHADE)
                    self._blocks(sheet, side)

    def _slot(self, sheet: _Sheet, slot: Slot) -> None:
        self._line(sheet, slot.title, bold=True)
        if slot.is_carried_over:
            self._line(sheet, look.carried_over(slot.of_period), bold=True, ink=look.DARK)
        for text in slot.paragraphs or (slot.empty,):
            self._line(sheet, text, fill=look.SHADE)

    def _table(self, sheet: _Sheet, table: Table) -> None:
        sheet.row += 1
        self._line(sheet, table.caption, bold=True)
        sheet.headers.append(sheet.row)
        for place, (column, width) in enumerate(zip(table.columns, widths(table), strict=True), 1):
            sheet.widths[place] = max(sheet.widths[place], width.characters)
            align = "right" if column.is_number else "left"
            look_of(put(sheet.cell(place), column.header), bold=True, fill=look.SHADE, line=True, align=align)
            sheet.texts.append(_Text(sheet.row, place, len(column.header)))
        sheet.row += 1
        for row in table.rows:
            if isinstance(row, Group):
                for place in range(1, len(table.columns) + 1):
                    cell = put(sheet.cell(place), row.text) if place == 1 else sheet.cell(place)
                    look_of(cell, bold=True, ink=look.PAPER, fill=look.DARK, wrap=False)
            else:
                for place, (column, content) in enumerate(zip(table.columns, row.cells, strict=True), 1):
                    ground = look.SHADE if row.is_total else ""
                    align = "right" if column.is_number else "left"
                    self._cell(sheet, place, content, bold=row.is_total, fill=ground, align=align)
            sheet.row += 1
        sheet.row += 1

    def _cell(self, sheet: _Sheet, place: int, content: Inlines, **wanted: object) -> None:
        """A cell of a table."""
        made = content_of(content)
        if made.chip is not None:
            wanted |= {"fill": made.chip[0], "ink": made.chip[1]}
        cell = put(sheet.cell(place), made)
        length = len(plain(content))
        if not isinstance(made.value, str):
            # A number that does not fit is shown as ####.
            sheet.widths[place] = max(sheet.widths[place], length + 1)
        else:
            sheet.texts.append(_Text(sheet.row, place, length))
        if len(content) == 1 and isinstance(content[0], Link):
            self.links.append((cell, content[0].href))
            wanted |= {"link": True, "ink": look.LINK}
        look_of(cell, line=True, **wanted)

    def _line(self, sheet: _Sheet, content: Inlines | str, size: float = 10, **wanted: object) -> None:
        """A line of text over the whole sheet."""
        # A number in a sentence stays in the sentence.
        text = content if isinstance(content, str) else plain(content)
        look_of(put(sheet.cell(1), text), size=size, **wanted)
        sheet.texts.append(_Text(sheet.row, 0, len(text), size))
        sheet.row += 1

    def _link(self, cell: "Cell", href: str) -> None:
        if not href.startswith("#"):
            cell.hyperlink = href
        elif href[1:] in self.places:
            _to_place(cell, *self.places[href[1:]])


def sections(document: Document) -> list[tuple[str, tuple[Block, ...]]]:
    """Title and blocks of each sheet: what stands before the first section of the paper is one too."""
    found: list[tuple[str, list[Block]]] = []
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 2:
            found.append((title_of(block), []))
        elif not found:
            found.append(("Summary", []))
        found[-1][1].append(block)
    return [(title, tuple(blocks)) for title, blocks in found]


def _to_place(cell: "Cell", sheet: str, row: int) -> None:
    from openpyxl.worksheet.hyperlink import Hyperlink

    quoted = sheet.replace("'", "''")
    link = Hyperlink(ref=cell.coordinate, location=f"'{quoted}'!A{row}")
    cell.hyperlink = link


def _finish(one: _Sheet, release_id: str) -> None:
    """Widths, heights, what stays in view, and how it prints."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = one.sheet
    one.widths[1] = max(one.widths[1], 24)
    columns = {place: min(width, WIDEST) + 3 for place, width in sorted(one.widths.items())}
    whole = sum(columns.values())
    if whole < LINE_WIDTH:
        # A column of nothing, so that text over the whole sheet has the width of a line.
        columns[max(columns) + 1], whole = LINE_WIDTH - whole, LINE_WIDTH
    for place, width in columns.items():
        sheet.column_dimensions[get_column_letter(place)].width = width
    heights: dict[int, float] = defaultdict(float)
    for text in one.texts:
        if not text.column:
            sheet.merge_cells(start_row=text.row, end_row=text.row, start_column=1, end_column=max(columns))
        room = 1.05 * columns.get(text.column, whole) * 10 / text.size
        heights[text.row] = max(heights[text.row], (1 + text.length // room) * 1.32 * text.size + 3)
    for row, height in heights.items():
        # Excel makes no room for merged cells by itself, and no row is higher than 409 points.
        sheet.row_dimensions[row].height = min(height, 400)
    header = one.headers[0] if len(one.headers) == 1 and one.headers[0] <= DEEPEST_FREEZE else 1
    sheet.freeze_panes = f"A{header + 1}"
    if len(one.headers) == 1:
        sheet.print_title_rows = f"{one.headers[0]}:{one.headers[0]}"
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    footer = f"Release {release_id}".replace("&", "&&")
    assert sheet.oddFooter is not None
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = footer, "Page &P of &N"
