"""Named faults: each damages (or adds) exactly one file of a finished sample, in one documented way.

Belongs here: the registry, and the damage to the other feeds than hospital activity (`sus_faults`) and finance
(`finance_faults`). Does not belong here: what the pipeline should say about it (tests/faults).
The truth that goes with a damaged sample is that of the clean one. By default the damaged file is the last month's EPD
file, which is always a plain csv in UTF-8 with CRLF line ends. `name@2017-03` damages the file that holds that month,
as if it were the last one of the sample.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pcw.errors import PcwError

from .months import add_months, financial_year_start

Rows = list[str]
Damage = Callable[[Path, date], str | None]


@dataclass(frozen=True)
class Fault:
    """A name, what it does to which file, and the damage itself: path, last month -> the name of a file it added."""

    name: str
    description: str
    pattern: str
    damage: Damage
    #: The month that is damaged, where it is not the last one.
    month: date | None = None

    def apply(self, folder: Path, last: date) -> str:
        """Damage the one file of `folder`, or add one; returns its name. The newest that fits the pattern is taken."""
        found = sorted(path for path in folder.iterdir() if re.fullmatch(self.pattern, path.name))
        if self.month is not None:
            found = [path for path in found if _holds(path.name, self.month)]
        if not found:
            of_month = f" of {self.month:%Y-%m}" if self.month else ""
            raise PcwError(f"Fault {self.name} needs a file like {self.pattern}{of_month} in {folder}; there is none.")
        return self.damage(found[-1], self.month or last) or found[-1].name


def _holds(name: str, month: date) -> bool:
    """Whether a file is of a month, by its name: 201703, 2017-03, or a financial year to a month that is not before."""
    if told := re.search(r"(20\d\d)-?(\d\d)_M(\d\d)", name):
        year = financial_year_start(month)
        place = (month.year - year.year) * 12 + month.month - 3
        return told[1] == f"{year.year}" and int(told[3]) >= place
    return re.search(f"(?<!\\d){month:%Y}-?{month:%m}(?!\\d)", name) is not None


FAULTS: dict[str, Fault] = {}
_EPD = r"EPD_(SNOMED_)?\d{6}\.csv"
_TOTALS = r"gp-reg-pat-prac-all_.*\.csv"
_QUIN_AGE = r"gp-reg-pat-prac-quin-age_.*\.csv"


def named_fault(name: str, description: str, pattern: str = _EPD) -> Callable[[Damage], None]:
    """Enter the decorated damage into the registry."""

    def register(damage: Damage) -> None:
        FAULTS[name] = Fault(name, description, pattern, damage)

    return register


def chosen_faults(names: list[str]) -> list[Fault]:
    """The faults of these names, `name` or `name@2017-03`; an unknown name is refused with the names that exist."""
    parts = [(name, *name.partition("@")[::2]) for name in names]
    if unknown := [plain for _, plain, _ in parts if plain not in FAULTS]:
        raise PcwError(f"No fault is called {', '.join(unknown)}. Known faults: {', '.join(sorted(FAULTS))}.")
    return [_at(FAULTS[plain], name, month) if "@" in name else FAULTS[plain] for name, plain, month in parts]


def _at(fault: Fault, name: str, month: str) -> Fault:
    try:
        return replace(fault, name=name, month=date.fromisoformat(f"{month}-01"))
    except ValueError as error:
        raise PcwError(
            f"Fault {name}: a month like 2017-03 was expected after @, {month or 'nothing'} came."
        ) from error


def _edit(path: Path, change: Callable[[Rows, Rows], Rows]) -> None:
    """Rewrite a csv by its lines: `change(header fields, data lines) -> all lines`."""
    lines = path.read_bytes().decode("utf-8").rstrip("\r\n").split("\r\n")
    path.write_bytes(("\r\n".join(change(lines[0].split(","), lines[1:])) + "\r\n").encode("utf-8"))


#: A comma outside quotes.
_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')


def _cells(path: Path, column: str, change: Callable[[int, str], str]) -> None:
    """Rewrite one column: `change(row, text) -> text`, the header is row 1."""

    def rows(header: Rows, data: Rows) -> Rows:
        position = header.index(column)
        result = [",".join(header)]
        for number, line in enumerate(data, 2):
            fields = _COMMA.split(line)
            fields[position] = change(number, fields[position])
            result.append(",".join(fields))
        return result

    _edit(path, rows)


def _thousandfold(text: str) -> str:
    whole, _, part = text.partition(".")
    return f"{whole}{part[:3]:0<3}" + (f".{part[3:]}" if part[3:] else "")


@named_fault("truncated", "The transfer broke off: the file ends within a row after 70 % of its bytes.")
def _(path: Path, last: date) -> None:
    content = path.read_bytes()
    cut = len(content) * 7 // 10
    # Always within a row: ten bytes after a line end no row is complete.
    path.write_bytes(content[: content.rindex(b"\r\n", 0, cut) + 12])


@named_fault("wrong_month", "Every row says the month before the one in the file's name.")
def _(path: Path, last: date) -> None:
    text = f"{add_months(last, -1):%Y%m}"
    _cells(path, "YEAR_MONTH", lambda _number, _text: text)


@named_fault("mixed_months", "The last row says the month before; all others are right.")
def _(path: Path, last: date) -> None:
    count = path.read_bytes().count(b"\r\n")
    other = f"{add_months(last, -1):%Y%m}"
    _cells(path, "YEAR_MONTH", lambda number, text: other if number == count else text)


@named_fault("extra_column", "A column PATIENT_COUNT is added at the end, 1 in every row.")
def _(path: Path, last: date) -> None:
    _edit(path, lambda head, rows: [",".join([*head, "PATIENT_COUNT"]), *(f"{row},1" for row in rows)])


@named_fault("missing_column", "The column ACTUAL_COST is left out.")
def _(path: Path, last: date) -> None:
    def drop(head: Rows, rows: Rows) -> Rows:
        place = head.index("ACTUAL_COST")
        parts = [head, *(_COMMA.split(row) for row in rows)]
        return [",".join(fields[:place] + fields[place + 1 :]) for fields in parts]

    _edit(path, drop)


@named_fault("renamed_column", "The column NIC is called NET_COST.")
def _(path: Path, last: date) -> None:
    _edit(path, lambda head, rows: [",".join("NET_COST" if name == "NIC" else name for name in head), *rows])


@named_fault("doubled_rows", "Every data row stands twice.")
def _(path: Path, last: date) -> None:
    _edit(path, lambda head, rows: [",".join(head), *(row for row in rows for _ in (1, 2))])


@named_fault("thousandfold_cost", "NIC and ACTUAL_COST are a thousand times too large in every row.")
def _(path: Path, last: date) -> None:
    _cells(path, "NIC", lambda _number, text: _thousandfold(text))
    _cells(path, "ACTUAL_COST", lambda _number, text: _thousandfold(text))


@named_fault("thousandfold_cost_row", "NIC and ACTUAL_COST are a thousand times too large in row 101 alone.")
def _(path: Path, last: date) -> None:
    _cells(path, "NIC", lambda number, text: _thousandfold(text) if number == 101 else text)
    _cells(path, "ACTUAL_COST", lambda number, text: _thousandfold(text) if number == 101 else text)


@named_fault("empty", "The file has no bytes.")
def _(path: Path, last: date) -> None:
    path.write_bytes(b"")


@named_fault("header_only", "The header stands alone, without a row.")
def _(path: Path, last: date) -> None:
    _edit(path, lambda head, rows: [",".join(head)])


@named_fault("binary", "The file is 64 kB of noise.")
def _(path: Path, last: date) -> None:
    path.write_bytes(random.Random("binary").randbytes(65_536))


@named_fault("html_error_page", "The server's error page was saved in place of the file.")
def _(path: Path, last: date) -> None:
    page = "<!DOCTYPE html>\n<html><head><title>503 Service Unavailable</title></head>\n"
    page += "<body><h1>Service Unavailable</h1><p>The service is temporarily unavailable.</p></body></html>\n"
    path.write_text(page, encoding="utf-8", newline="")


@named_fault(
    "another_dataset", "A registered list by age (the newest one, its rows in reverse) stands under the EPD name."
)
def _(path: Path, last: date) -> None:
    newest = sorted(path.parent.glob("gp-reg-pat-prac-quin-age_*.csv"))[-1]
    path.write_bytes(newest.read_bytes())
    _edit(path, lambda head, rows: [",".join(head), *reversed(rows)])


@named_fault("unknown_practices", "Every practice code is replaced by one that no register knows (Z00000 and up).")
def _(path: Path, last: date) -> None:
    codes: dict[str, str] = {}
    _cells(path, "PRACTICE_CODE", lambda _number, text: codes.setdefault(text.strip(), f"Z{len(codes):05d}"))


@named_fault("quantity_mismatch", "TOTAL_QUANTITY is one too large in row 51: no longer quantity x items.")
def _(path: Path, last: date) -> None:
    _cells(path, "TOTAL_QUANTITY", lambda number, text: f"{float(text) + 1:g}" if number == 51 else text)


@named_fault("bad_number", "ITEMS holds the text n/a in row 11: one row for the quarantine.")
def _(path: Path, last: date) -> None:
    _cells(path, "ITEMS", lambda number, text: "n/a" if number == 11 else text)


@named_fault("bad_numbers", "ITEMS holds the text n/a in every tenth row: more than may be set aside.")
def _(path: Path, last: date) -> None:
    _cells(path, "ITEMS", lambda number, text: "n/a" if number % 10 == 1 else text)


@named_fault("excel_codes", "A spreadsheet turned the drug codes with an E between digits into 5.01E+14.")
def _(path: Path, last: date) -> None:
    column = "BNF_PRESENTATION_CODE" if "SNOMED" in path.name else "BNF_CODE"
    _cells(path, column, lambda _number, text: "5.01080E+14" if text.startswith("0501080") else text)


@named_fault("missing_practice", "All rows of the first practice in the file are left out.")
def _(path: Path, last: date) -> None:
    def drop(head: Rows, rows: Rows) -> Rows:
        place = head.index("PRACTICE_CODE")
        first = _COMMA.split(rows[0])[place]
        return [",".join(head), *(row for row in rows if _COMMA.split(row)[place] != first)]

    _edit(path, drop)


@named_fault("latin1", "The file is in Latin-1: harmless, it must be read as the clean one.")
def _(path: Path, last: date) -> None:
    path.write_bytes(path.read_bytes().decode("utf-8").encode("latin-1"))


@named_fault(
    "list_total_mismatch",
    "The newest totals file gives its first practice 500 patients too many.",
    r"gp-reg-pat-prac-all_.*\.csv",
)
def _(path: Path, last: date) -> None:
    _cells(path, "NUMBER_OF_PATIENTS", lambda number, text: str(int(text) + 500) if number == 2 else text)


@named_fault(
    "list_all_row_mismatch",
    "In the newest list by age the ALL row of one practice is 500 above its bands.",
    r"gp-reg-pat-prac-quin-age_.*\.csv",
)
def _(path: Path, last: date) -> None:
    # Two commissioner blocks of 43 rows come first: row 88 is the ALL row of the first practice.
    _cells(path, "NUMBER_OF_PATIENTS", lambda number, text: str(int(text) + 500) if number == 88 else text)
