"""Tables, links and lists of Word, as far as python-docx leaves them to its users.

Belongs here: one thing of WordprocessingML each. Which block becomes what is in `as_docx.py`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from publishing.reports.document import Table
from publishing.reports.widths import is_compact, widths
from publishing.reports.word_styles import CELL_STYLE, SMALL_STYLE, TABLE_STYLE, element

if TYPE_CHECKING:
    from docx.document import Document as WordDocument

# Millimetres of a cell's margins, and of a character in it: tables of more columns than `MANY` are set smaller.
CELL_MARGIN, CHARACTER, SMALL_CHARACTER = 4.0, 1.9, 1.7
MANY = 5


def mm(length: float) -> int:
    """Millimetres as Word counts."""
    from docx.shared import Mm

    return Mm(length)


def column_widths(table: Table, room: float) -> list[float]:
    """Millimetres of each column: numbers get what they need, the others share the rest."""
    found = widths(table)
    character = SMALL_CHARACTER if len(found) > MANY else CHARACTER
    natural = [width.characters * character + CELL_MARGIN for width in found]
    if is_compact(found) and sum(natural) <= room:
        return natural
    fixed = sum(size for size, width in zip(natural, found, strict=True) if width.is_fixed)
    weights = [0 if width.is_fixed else max(6.0, width.characters**0.7) for width in found]
    rest = room - fixed
    # Numbers alone, or too many of them: all shrink or grow alike.
    if not sum(weights) or rest < 0.15 * room:
        return [size * room / sum(natural) for size in natural]
    return [weight / sum(weights) * rest if weight else size for weight, size in zip(weights, natural, strict=True)]


def grid(place: Any, rows: int, columns: Sequence[float], alternative: str) -> Any:
    """A table of fixed widths in our style, in the body or in a cell."""
    table = place.add_table(rows, len(columns))
    table.style = TABLE_STYLE
    table.autofit = False
    properties = table._tbl.tblPr
    _set(properties, "tblW", w=_twips(sum(columns)), type="dxa")
    for column, width in zip(table.columns, columns, strict=True):
        column.width = mm(width)
    for row in table._tbl.tr_lst:
        for cell, width in zip(row.tc_lst, columns, strict=True):
            cell.width = mm(width)
    properties.append(element("tblCaption", val=alternative[:250]))
    return table


def look_of(table: Any, is_header: bool = True, is_row_header: bool = True) -> None:
    """Which parts of the style apply, and what screen readers are told: first row and column are headers."""
    _set(
        table._tbl.tblPr, "tblLook", val="04A0" if is_header else "0480", firstRow=int(is_header), lastRow=0,
        firstColumn=int(is_row_header), lastColumn=0, noHBand=1, noVBand=1,
    )  # fmt: skip


def _set(properties: Any, name: str, **attributes: object) -> None:
    from docx.oxml.ns import qn

    found = properties.find(qn(f"w:{name}"))
    made = element(name, **attributes)
    if found is None:
        properties.append(made)
    else:
        properties.replace(found, made)


def _twips(millimetres: float) -> int:
    return round(millimetres * 1440 / 25.4)


def repeat(row: Any) -> None:
    """A header row, repeated on each page."""
    keep(row)
    row._tr.get_or_add_trPr().append(element("tblHeader"))


def keep(row: Any) -> None:
    """A row that is not torn."""
    row._tr.get_or_add_trPr().append(element("cantSplit"))


def first(cell: Any, is_number: bool = False, is_small: bool = False) -> Any:
    """The first paragraph of a cell."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = cell.paragraphs[0]
    paragraph.style = SMALL_STYLE if is_small else CELL_STYLE
    if is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    return paragraph


def end_cell(cell: Any) -> None:
    """A cell ends with a paragraph: Word calls a file damaged where it does not."""
    if not cell._tc.xpath("./*[last()][self::w:p]"):
        cell.add_paragraph(style=CELL_STYLE)


def fill(cell: Any, colour: str) -> None:
    """The ground of a cell."""
    cell._tc.get_or_add_tcPr().append(element("shd", val="clear", color="auto", fill=colour))


def space(place: Any) -> None:
    """Room below a table; two tables in a row would become one."""
    if hasattr(place, "_tc"):  # python-docx ends a cell with a paragraph by itself
        place.paragraphs[-1].style = CELL_STYLE
    else:
        place.add_paragraph(style=CELL_STYLE)


def together(table: Any) -> None:
    """A table of a few rows that is not torn: each row stays with the next."""
    for row in table.rows[:-1]:
        for paragraph in row.cells[0].paragraphs:
            paragraph.paragraph_format.keep_with_next = True


def coloured(run: Any, ink: str, is_bold: bool = True) -> Any:
    """A run in a colour."""
    from docx.shared import RGBColor

    run.font.color.rgb = RGBColor.from_string(ink.upper())
    run.bold = is_bold or None
    return run


def external(paragraph: Any, href: str) -> Any:
    """A link that leads out of the document."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), paragraph.part.relate_to(href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    return link


def numbering(word: "WordDocument") -> int:
    """A list of numbers of its own, which begins with 1."""
    style = word.styles["List Number"].element.pPr.numPr
    numbers = word.part.numbering_part.element
    number = numbers.add_num(numbers.num_having_numId(style.numId.val).abstractNumId.val)
    number.add_lvlOverride(ilvl=0).add_startOverride(1)
    return int(number.numId)


def numbered(number: int) -> Any:
    """The properties of a paragraph of that list."""
    return element("numPr", element("ilvl", val=0), element("numId", val=number))
