"""Tables as finance staff send them: csv text, amounts in pounds, and a workbook of one sheet.

Belongs here: bytes of a csv or xlsx file, the same for the same cells. Does not belong here: what stands in the cells.
The workbook is written part by part, because a spreadsheet library would put the time of writing into it.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from html import escape

#: A text, a whole number (of pounds), or nothing.
Cell = str | int | None
Rows = Sequence[Sequence[Cell]]

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_SHEETS = f"{_OFFICE}/spreadsheetml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATED = f"{_OFFICE}/officeDocument/2006/relationships"
#: A zip entry cannot be older; the same in every sample.
_WRITTEN = (1980, 1, 1, 0, 0, 0)


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as a csv in UTF-8 with CRLF line ends."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def pounds(pence: int) -> str:
    """Pence as pounds: -12345 -> -123.45."""
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def whole_pounds(pence: int) -> int:
    """Pence rounded to whole pounds, halves away from zero."""
    rounded = (abs(pence) + 50) // 100
    return -rounded if pence < 0 else rounded


def as_printed(amount: int) -> str:
    """Whole pounds as a report prints them: 1,234 and (1,234), - for nil."""
    if not amount:
        return "-"
    return f"({-amount:,})" if amount < 0 else f"{amount:,}"


def workbook(title: str, rows: Rows) -> bytes:
    """A workbook of one sheet: numbers are numbers that show as `as_printed`, everything else is text."""
    texts: dict[str, int] = {}
    lines = []
    for number, row in enumerate(rows, 1):
        cells = [_cell(f"{chr(65 + place)}{number}", cell, texts) for place, cell in enumerate(row) if cell is not None]
        lines.append(f'<row r="{number}">{"".join(cells)}</row>')
    shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
    counts = f'count="{len(texts)}" uniqueCount="{len(texts)}"'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_OFFICE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{_SHEETS}" xmlns:r="{_RELATED}"><sheets>'
        f'<sheet name="{escape(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            {
                "rId1": ("worksheet", "worksheets/sheet1.xml"),
                "rId2": ("styles", "styles.xml"),
                "rId3": ("sharedStrings", "sharedStrings.xml"),
            }
        ),
        "xl/styles.xml": _STYLES,
        "xl/sharedStrings.xml": f'<sst xmlns="{_SHEETS}" {counts}>{shared}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SHEETS}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, _WRITTEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, _HEAD + text)
    return content.getvalue()


def _cell(place: str, cell: Cell, texts: dict[str, int]) -> str:
    if isinstance(cell, int):
        return f'<c r="{place}" s="1"><v>{cell}</v></c>'
    index = texts.setdefault(str(cell), len(texts))
    return f'<c r="{place}" t="s"><v>{index}</v></c>'


def _relations(targets: dict[str, tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="{ident}" Type="{_RELATED}/{kind}" Target="{target}"/>'
        for ident, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{_OFFICE}/package/2006/relationships">{found}</Relationships>'


#: Style 1 shows a number with separators and brackets, and nil as a dash.
_STYLES = (
    f'<styleSheet xmlns="{_SHEETS}"><numFmts count="1">'
    '<numFmt numFmtId="164" formatCode="#,##0;(#,##0);&quot;-&quot;"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
