"""Cells of a sheet as people type them, put into the plain form in which the contract types them, or named as wrong.

Belongs here: one value, or one column of dates. Which cells a table has belongs in `reports`.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from sources.contracts import Column

_MINUS = str.maketrans({"−": "-", "–": "-", "—": "-", "\u00a0": " ", "\u202f": " "})
_PLAIN = re.compile(r"\d+(\.\d*)?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
_ERROR = re.compile(r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!)")
_SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})( 0{1,2}:00(:00)?)?")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?")
_SERIAL = re.compile(r"[2-6]\d{4}(\.\d+)?")
# The first day that Excel counts from, with the leap day of 1900 that never was.
_EXCEL = date(1899, 12, 30)


class Unfit(ValueError):
    """A cell that is not what its column holds; the message is the rest of a sentence."""


def plain(cell: str, column: Column) -> str | None:
    """The cell as the contract types it; None where it holds nothing.

    Raises:
        Unfit: it is something else, or nobody can tell what.
    """
    text = cell.translate(_MINUS).strip()
    if not text:
        return None
    if _ERROR.fullmatch(text):
        raise Unfit(f"the formula gives {text}")
    if column.type.startswith("decimal"):
        return amount(text, int(column.type.rstrip(")").split(",")[1]))
    if column.type == "integer":
        return _integer(text, column)
    if column.type == "date":
        return _date(text, column).isoformat()
    return text if column.type != "text" else cell.strip()


def amount(text: str, scale: int) -> str:
    """An amount without its marks: brackets or a minus before or after mean less than nothing, a dash alone nil.

    Raises:
        Unfit: no amount, one with a comma in an odd place, or one with more decimals than the contract has.
    """
    bare = text.replace("£", "").replace(" ", "")
    signs = 0
    if bare.startswith("(") and bare.endswith(")"):
        bare, signs = bare[1:-1], 1
    if bare in ("-", "--"):
        return "0"
    for stripped in (bare.removeprefix("-"), bare.removesuffix("-")):
        if stripped != bare:
            bare, signs = stripped, signs + 1
            break
    bare = bare.removeprefix("+")
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", bare):
        raise Unfit(f"expected an amount, found {text[:40]} (a number that a spreadsheet shortened)")
    if signs > 1 or not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise Unfit(f"expected an amount like 1,234.56, (1,234.56) or -1234.56, found {text[:40]}")
    value = Decimal(bare.replace(",", ""))
    if value != value.quantize(Decimal(1).scaleb(-scale)):
        raise Unfit(f"expected an amount with at most {scale} decimals, found {text[:40]}")
    return f"{'-' if signs and value else ''}{value:f}"


def _integer(text: str, column: Column) -> str:
    shape = r"(?:month|period|m|p)? ?0*(\d+)(?:\.0+)?" if column.name == "ledger_period" else r"(-?\d+)(?:\.0+)?"
    found = re.fullmatch(shape, text.replace(",", ""), re.IGNORECASE)
    if found is None:
        raise Unfit(f"expected a whole number, found {text[:40]}")
    return found.group(1)


def _date(text: str, column: Column) -> date:
    if _ISO.fullmatch(text):
        try:
            return date.fromisoformat(text[:10])
        except ValueError:
            raise Unfit(f"expected a date, found {text[:40]}") from None
    if _SERIAL.fullmatch(text):
        day = _EXCEL + timedelta(days=int(float(text)))
        raise Unfit(
            f"expected a date like {' or '.join(column.formats)}, found {text} (the number by which Excel knows "
            f"{day:%d/%m/%Y}: format the column as dates)"
        )
    for form in column.formats:
        try:
            return datetime.strptime(text.title() if "%b" in form or "%B" in form else text, form).date()
        except ValueError:
            continue
    raise Unfit(f"expected a date like {' or '.join(column.formats)}, found {text[:40]}")


def date_order_problem(cells: Iterable[tuple[int, str]]) -> str | None:
    """The rest of a sentence about a column (row, cell) in which day and month change places, or seem to.

    Excel set to American dates reads 05/06/2017 as a day in May and leaves 13/06/2017 as text: then true dates and
    texts stand in one column, and half of the true ones are wrong.
    """
    day_first: tuple[int, str] | None = None
    month_first: tuple[int, str] | None = None
    slashed: tuple[int, str] | None = None
    true_date: tuple[int, str] | None = None
    for row, cell in cells:
        text = cell.strip()
        if _ISO.fullmatch(text):
            true_date = true_date or (row, text)
        if found := _SLASHED.fullmatch(text):
            slashed = slashed or (row, text)
            first, second = int(found.group(1)), int(found.group(2))
            if first > 12 >= second:
                day_first = day_first or (row, text)
            if second > 12 >= first:
                month_first = month_first or (row, text)
    if day_first and month_first:
        return (
            f"row {day_first[0]} has the day first ({day_first[1]}) and row {month_first[0]} the month "
            f"({month_first[1]}): nobody can tell what 05/06 means in it"
        )
    if month_first:
        return f"row {month_first[0]} has the month first ({month_first[1]}), where the day is expected first"
    if slashed and true_date:
        return (
            f"row {true_date[0]} holds a true date ({true_date[1][:10]}) and row {slashed[0]} a text "
            f"({slashed[1]}): a spreadsheet has taken some of them for month first"
        )
    return None
