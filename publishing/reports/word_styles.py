"""The look of a Word document: page, styles, header and footer. Real styles, so that whoever edits keeps them.

Belongs here: what is set once per document. Which block gets which style is in `as_docx.py`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from publishing.reports import look
from publishing.reports.document import Document

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.section import Section

FONT = "Arial"
TABLE_STYLE, CELL_STYLE, SMALL_STYLE = "Report Table", "Table Text", "Table Text Small"
NOTE_STYLE, SLOT_STYLE, CARRIED_STYLE = "Note", "Slot Text", "Carried Over"
# Millimetres of A4.
WIDTH, HEIGHT, MARGIN = 210, 297, 18
# Size, colour, bold, space before and after, in points.
STYLES: dict[str, tuple[float, str, bool, float, float]] = {
    "Normal": (10.5, look.INK, False, 0, 6),
    "Heading 1": (22, look.BLUE, True, 0, 4),
    "Heading 2": (16, look.DARK, True, 20, 6),
    "Heading 3": (13, look.INK, True, 14, 4),
    "Heading 4": (11.5, look.INK, True, 12, 4),
    "Heading 5": (10.5, look.INK, True, 8, 3),
    "Subtitle": (13, look.QUIET, False, 0, 10),
    "Caption": (10, look.INK, True, 10, 4),
    "List Bullet": (10.5, look.INK, False, 0, 3),
    "List Number": (10.5, look.INK, False, 0, 3),
    "Header": (8.5, look.QUIET, False, 0, 0),
    "Footer": (8.5, look.QUIET, False, 0, 0),
    NOTE_STYLE: (8.5, look.QUIET, False, 4, 8),
    CELL_STYLE: (9, look.INK, False, 1, 1),
    SMALL_STYLE: (8, look.INK, False, 1, 1),
    SLOT_STYLE: (10.5, look.INK, False, 0, 6),
    CARRIED_STYLE: (9, look.DARK, True, 0, 4),
}


def element(tag: str, *children: Any, **attributes: object) -> Any:
    """An element of WordprocessingML; attributes are of its namespace."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    for child in children:
        made.append(child)
    return made


def set_up(word: "WordDocument", language: str) -> None:
    """All of it, on a new document."""
    from docx.enum.style import WD_STYLE_TYPE

    for name in (NOTE_STYLE, CELL_STYLE, SMALL_STYLE, SLOT_STYLE, CARRIED_STYLE):
        word.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = word.styles["Normal"]
    for name, (size, colour, bold, before, after) in STYLES.items():
        _style(word.styles[name], size, colour, bold, before, after)
    word.styles["Caption"].paragraph_format.keep_with_next = True
    word.styles[CARRIED_STYLE].paragraph_format.keep_with_next = True
    for name in (SLOT_STYLE, CARRIED_STYLE):
        set_apart(word.styles[name].element.get_or_add_pPr())
    for name in ("Header", "Footer"):
        _no_tabs(word.styles[name])
    _language(word, language)
    word.styles.element.append(_table_style())
    page(word.sections[0], is_wide=False)


def page(section: "Section", is_wide: bool) -> None:
    """A4, upright or turned."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm

    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Mm(HEIGHT), Mm(WIDTH)) if is_wide else (Mm(WIDTH), Mm(HEIGHT))
    section.left_margin = section.right_margin = Mm(MARGIN)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    section.header_distance = section.footer_distance = Mm(10)


def text_width(is_wide: bool) -> int:
    """Millimetres between the margins."""
    return (HEIGHT if is_wide else WIDTH) - 2 * MARGIN


def _style(style: Any, size: float, colour: str, bold: bool, before: float, after: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    style.font.name, style.font.size = FONT, Pt(size)
    style.font.color.rgb = RGBColor.from_string(colour.upper())
    style.font.bold, style.font.italic = bold, False
    fonts = style.element.rPr.rFonts
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{name}"), FONT)
    for name in ("spacing", "kern"):
        for found in style.element.rPr.findall(qn(f"w:{name}")):
            style.element.rPr.remove(found)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    style.paragraph_format.line_spacing = 1.1


def _no_tabs(style: Any) -> None:
    """The template's tab stops are of another paper."""
    from docx.oxml.ns import qn

    for tabs in style.element.pPr.findall(qn("w:tabs")):
        style.element.pPr.remove(tabs)


def set_apart(properties: Any) -> None:
    """A bar at the left, a shade and room: this is for people to write. The schema wants these in this order."""
    from docx.oxml.ns import qn

    bar = element("pBdr", element("left", val="single", sz=36, space=6, color=look.BLUE))
    shade = element("shd", val="clear", color="auto", fill=look.SHADE)
    indent = element("ind", left=200, right=60)
    spacing = properties.find(qn("w:spacing"))
    if spacing is None:
        properties.extend((bar, shade, indent))
        return
    spacing.addprevious(bar)
    spacing.addprevious(shade)
    spacing.addnext(indent)


def _language(word: "WordDocument", language: str) -> None:
    from docx.oxml.ns import qn

    defaults = word.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    for found in defaults.findall(qn("w:lang")):
        defaults.remove(found)
    defaults.append(element("lang", val=language, eastAsia=language, bidi="ar-SA"))
    settings = word.settings.element
    settings.find(qn("w:themeFontLang")).set(qn("w:val"), language)
    settings.find(qn("w:zoom")).set(qn("w:percent"), "100")
    for mode in settings.iter(qn("w:compatSetting")):
        if mode.get(qn("w:name")) == "compatibilityMode":
            mode.set(qn("w:val"), "15")  # or Word opens the file as one of an older Word


def _borders(tag: str, **sides: tuple[int, str]) -> Any:
    lines = (element(side, val="single", sz=size, space=0, color=colour) for side, (size, colour) in sides.items())
    return element(tag, *lines)


def _table_style() -> Any:
    """Lines between rows, a shaded header that is repeated on each page."""
    line, strong = (4, look.LINE), (12, look.QUIET)
    first = element(
        "tblStylePr",
        element("rPr", element("b")),
        element(
            "tcPr", _borders("tcBorders", bottom=strong), element("shd", val="clear", color="auto", fill=look.SHADE)
        ),
        type="firstRow",
    )
    margins = element("tblCellMar", *(element(side, w=size, type="dxa") for side, size in
                                      (("top", 40), ("left", 85), ("bottom", 40), ("right", 85))))  # fmt: skip
    return element(
        "style",
        element("name", val=TABLE_STYLE),
        element("basedOn", val="TableNormal"),
        element("uiPriority", val=59),
        element("qFormat"),
        element("tblPr", _borders("tblBorders", bottom=line, insideH=line), margins),
        first,
        type="table",
        customStyle=1,
        styleId="ReportTable",
    )


def header_and_footer(section: "Section", document: Document, is_wide: bool, is_first: bool) -> None:
    """Title and period above (not on the first page, which begins with them), release and page below."""
    from docx.enum.text import WD_TAB_ALIGNMENT
    from docx.shared import Mm

    section.different_first_page_header_footer = is_first
    footers = [section.footer, *([section.first_page_footer] if is_first else [])]
    for part in (section.header, *footers):
        part.is_linked_to_previous = False
        tabs = part.paragraphs[0].paragraph_format.tab_stops
        tabs.add_tab_stop(Mm(text_width(is_wide)), WD_TAB_ALIGNMENT.RIGHT)
    title, period = document.title, document.subtitle
    section.header.paragraphs[0].add_run(f"{title}\t{period}" if len(title) + len(period) < 100 else title)
    for footer in footers:
        footer.paragraphs[0].style = "Footer"
        footer.paragraphs[0].add_run(f"Release {document.release_id}\tPage ")
        _fields(footer.paragraphs[0], ("PAGE", " of ", "NUMPAGES"))


def _fields(paragraph: Any, parts: Iterable[str]) -> None:
    """Page numbers, which Word fills in."""
    for part in parts:
        if not part.isupper():
            paragraph.add_run(part)
            continue
        for piece in (
            element("fldChar", fldCharType="begin"),
            _instruction(part),
            element("fldChar", fldCharType="separate"),
        ):
            paragraph.add_run()._r.append(piece)
        paragraph.add_run("1")
        paragraph.add_run()._r.append(element("fldChar", fldCharType="end"))


def _instruction(code: str) -> Any:
    made = element("instrText")
    made.text = f" {code} "
    return made
