"""Cells of a workbook: what a content becomes, and its looks. A number stays a number; text is never a formula.

Belongs here: one cell at a time. What stands on which sheet is in `as_xlsx.py`.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from publishing.reports.document import Colour, Figure, Inlines, Rating, Shown
from publishing.reports.formats import shown
from publishing.reports.look import CHIPS, INK, LINE
from publishing.reports.widths import plain

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

# What Excel holds in a cell, and in a number format (with room for its three parts).
LONGEST, LONGEST_WORDS = 32_767, 40
CUT = " [cut here: a cell holds no more]"
# A comma behind the digits divides by a thousand.
COMMAS = {1: "", 1_000: ",", 1_000_000: ",,", 1_000_000_000: ",,,"}


@dataclass(frozen=True)
class Content:
    """What goes into a cell: text or a number with its format, and the ground and ink of its colour word."""

    value: str | Decimal | float | int
    number_format: str = "General"
    chip: tuple[str, str] | None = None


def content_of(content: Inlines) -> Content:
    """A cell with one number in it is that number: what is written around it goes into its format."""
    chips = [inline.name for inline in content if isinstance(inline, Colour | Rating)]
    chip = CHIPS[chips[0]] if len(chips) == 1 else None
    figures = [place for place, inline in enumerate(content) if isinstance(inline, Figure)]
    if len(figures) == 1:
        (place,) = figures
        figure = content[place]
        assert isinstance(figure, Figure)
        before, after = _words(content[:place]), _words(content[place + 1 :])
        if not isinstance(figure.value, str | None) and len(before + after) <= LONGEST_WORDS:
            value, code = _number(figure.value, figure.how, before, after)
            return Content(value, code, chip)
    return Content(plain(content), chip=chip)


def _words(content: Inlines) -> str:
    """What stands beside a number: a format knows no line break."""
    return plain(content).replace("\n", " ")


def _number(value: Decimal | float | int, how: Shown, before: str, after: str) -> tuple[Decimal | float | int, str]:
    """The exact value, and the format that shows it as `formats.shown` does."""
    if how.scale not in COMMAS:
        value, how = Decimal(str(value)) / how.scale, replace(how, scale=1)
    decimals = how.decimals
    if how.is_trimmed:
        decimals = len(shown(value, Shown(how.decimals, how.scale, is_trimmed=True)).partition(".")[2])
    digits = "#,##0" + ("." + "0" * decimals if decimals else "") + COMMAS.get(int(how.scale), "")
    number = f"{_literal(how.before)}{digits}{_literal(how.after)}"
    negative = (
        number if shown(value, _unscaled(how)) == shown(0, how) else f"({number})" if how.brackets else f"-{number}"
    )
    # What is not negative; what is. Without the second part Excel would put its own sign before all words.
    return value, ";".join(f"{_literal(before)}{part}{_literal(after)}" for part in (number, negative))


def _unscaled(how: Shown) -> Shown:
    return how if how.scale in COMMAS else replace(how, scale=1)


def _literal(text: str) -> str:
    """Text as a number format holds it; inside of quotes only the quote itself ends it."""
    return "".join('\\"' if part == '"' else f'"{part}"' for part in _parts(text))


def _parts(text: str) -> list[str]:
    pieces: list[str] = []
    for place, piece in enumerate(text.split('"')):
        pieces += ['"'] * bool(place) + [piece] * bool(piece)
    return pieces


def put(cell: "Cell", content: Content | str) -> "Cell":
    """Write a cell. Text is marked as text, so that Excel reads no formula even after somebody edits it."""
    if isinstance(content, str):
        content = Content(content)
    if isinstance(content.value, str):
        text = content.value
        if len(text.encode("utf-16-le")) // 2 > LONGEST:
            text = text[: LONGEST // 2 - len(CUT)] + CUT
        cell.value = text
        cell.data_type = "s"
        if text[:1] in "=+-@\t\r" and text:
            cell.quotePrefix = True
    else:
        cell.value = content.value
        cell.number_format = content.number_format
    return cell


def look_of(cell: "Cell", **wanted: Any) -> "Cell":
    """Font, ground, lines and alignment of a cell; what may be asked for is said in `_style`."""
    cell.font, fill, cell.border, cell.alignment = _style(**wanted)
    if fill is not None:
        cell.fill = fill
    return cell


@cache
def _style(
    size: float = 10,
    bold: bool = False,
    ink: str = INK,
    fill: str = "",
    line: bool = False,
    link: bool = False,
    align: str | None = None,
    wrap: bool = True,
) -> Any:
    """Made once: a workbook has thousands of cells."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    return (
        Font(name="Arial", size=size, bold=bold, color=ink.upper(), underline="single" if link else None),
        PatternFill("solid", fgColor=fill.upper()) if fill else None,
        Border(bottom=Side(style="thin", color=LINE.upper())) if line else Border(),
        Alignment(horizontal=align, vertical="top", wrap_text=wrap),
    )
