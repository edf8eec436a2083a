"""Sheets of a workbook (.xlsx) as text tables whose rows stand where the sender sees them.

Belongs here: what only the workbook shows (hidden, merged, calculated). What a table means belongs in `reports`.
openpyxl (MIT) is read with rather than faster readers because it alone shows hidden rows and merged cells; workbooks of
finance are small.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

# A month-end workbook has less than a tenth of it; beyond it is another kind of file, or a bomb.
LARGEST_WORKBOOK = 200_000_000
MOST_CELLS = 5_000_000


@dataclass(frozen=True)
class Sheet:
    """One sheet: its rows as comma-separated text; `problem` is a finished sentence, to be told if its rows count."""

    name: str
    text: str
    problem: str | None


class UnreadableWorkbook(ValueError):
    """A workbook that cannot be opened; the message is a finished sentence."""


def is_workbook(path: Path) -> bool:
    """Whether the bytes are a workbook: a zip archive with a part that describes sheets."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def sheets_of(path: Path, name: str, *, judged: bool = True) -> list[Sheet]:
    """The sheets that hold anything, in the order of the workbook; their problems are looked for where `judged`.

    Raises:
        UnreadableWorkbook: too large, damaged or protected.
    """
    from openpyxl import load_workbook  # takes as long as Dagster itself, and few files are workbooks
    from openpyxl.utils.exceptions import InvalidFileException

    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > LARGEST_WORKBOOK:
        raise UnreadableWorkbook(
            f"File {name} unpacks to {size:,} bytes, more than any workbook of a feed has. Send the rows as CSV."
        )
    try:
        with path.open("rb") as source:  # by its bytes: a received file may have any name
            shown = load_workbook(source, data_only=True)
            written = load_workbook(source, data_only=False) if judged else None
    except (InvalidFileException, KeyError, ValueError, TypeError, OSError, zipfile.BadZipFile, SyntaxError) as error:
        raise UnreadableWorkbook(
            f"File {name} is a damaged workbook ({type(error).__name__}). Open it, save it as .xlsx and send it again."
        ) from error
    sheets = []
    for sheet in shown.worksheets:
        if sheet.max_row * sheet.max_column > MOST_CELLS:
            raise UnreadableWorkbook(f"File {name}, sheet {sheet.title} has more cells than any feed. Send it as CSV.")
        text = _text(sheet)
        if text.strip(',"\r\n '):
            problem = _problem(name, sheet, written[sheet.title]) if written is not None else None
            sheets.append(Sheet(sheet.title, text, problem))
    return sheets


def _text(sheet: Worksheet) -> str:
    """All rows from the first; a value that stands in merged cells of one row or heading stands in each of them."""
    spread = {
        (row, column): sheet.cell(area.min_row, area.min_col).value
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_plain(spread.get((number, place), value)) for place, value in enumerate(row, start=1)]
        writer.writerow(cells if any(cells) else [""])
    return out.getvalue()


def _plain(value: object) -> str:
    """A cell as text: days in ISO form, numbers with the fifteen figures that a spreadsheet holds."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{Decimal(f'{value:.15g}'):f}"
    return str(value)


def _problem(name: str, sheet: Worksheet, written: Worksheet) -> str | None:
    start = f"File {name}, sheet {sheet.title}"
    if sheet.sheet_state != "visible":
        return f"{start} is hidden and holds rows of the table. Show it or remove it, and send the file again."
    hidden = [
        number
        for number, facts in sheet.row_dimensions.items()
        if facts.hidden and any(cell.value is not None for cell in sheet[number])
    ]
    if hidden:
        return (
            f"{start}: {len(hidden)} row(s) are hidden or filtered out, the first is row {min(hidden)}: nobody can "
            "tell whether they count. Show all rows, or remove those that do not count, and send the file again."
        )
    for area in sheet.merged_cells.ranges:
        if area.max_row > area.min_row and isinstance(sheet.cell(area.min_row, area.min_col).value, int | float):
            return (
                f"{start}, cells {area.coord}: one amount stands in the merged cells of several rows. "
                "Write it into the row to which it belongs."
            )
    for row in written.iter_rows():
        for cell in row:
            if cell.data_type == "f" and sheet[cell.coordinate].value is None:
                return (
                    f"{start}, cell {cell.coordinate}: a formula that was never calculated. Open the workbook in a "
                    "spreadsheet program, save it and send it again."
                )
    return None
