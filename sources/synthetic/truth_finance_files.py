"""Reads the finance files of a sample back, as a person with a spreadsheet would: plain `csv`, and a workbook's XML.

Belongs here: finding files and headers, amounts as they are printed, and which version of a report a row belongs to.
Does not belong here: what is summed and compared (`truth_finance`, `truth_cres`). Nothing of the generator and
nothing of the pipeline is used.

Readings:
- The header is the first row with two names of the dataset in it; what stands above it is the title, which gives
  year, month and body where no column does. A row whose label begins with Total is a printed total.
- Brackets and a minus sign are negative, commas separate thousands, a dash alone is nil, an empty cell is unknown.
- Reports of one body, year and month with the same stated version are one; the higher one is newer. A file that
  states none is a version of its own and older than any stated one; such files come in the order of their names.
- Of rows with the same key in one version that of the later file (by name) counts.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

Row = dict[str, str]
Cells = list[list[str]]
#: Body, year, period: what the versions of a report are about. A plan is of period 0.
Scope = tuple[str, str, int]

#: Names that a column may have, where they differ from its own.
_NAMES = {
    "period": "ledger_period",
    "month": "ledger_period",
    "entity": "entity_code",
    "description": "line_description",
    "scheme": "scheme_name",
    "recurrent_non_recurrent": "recurrence",
    "delivery_rag": "rag_delivery",
    "forecast_full_year": "forecast_fy",
    "last_updated": "updated_on",
}
_MONTHS = ("apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "jan", "feb", "mar")
_KNOWN = {"ytd_budget", "ytd_actual", "annual_budget", "scheme_id", "net_plan", "forecast_fy"}
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass
class Vintage:
    """One version of a report: its rows by key, the newest receipt of each."""

    version: int | None
    rows: dict[tuple[str, ...], Row] = field(default_factory=dict)


def read_vintages(folder: Path, pattern: str, key: tuple[str, ...]) -> dict[Scope, list[Vintage]]:
    """Every version of the reports whose file name begins with `pattern`, oldest first, by what it is about."""
    found: dict[Scope, dict[tuple[int, str], Vintage]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        if re.match(pattern, path.name):
            for row in _rows(path):
                scope = (row["entity_code"], row["financial_year"], int(row.get("ledger_period") or 0))
                version = int(row["version"]) if row.get("version") else None
                # What states no version comes before version 0, file after file.
                place = (-1, path.name) if version is None else (version, "")
                vintage = found[scope].setdefault(place, Vintage(version))
                vintage.rows[tuple(row.get(column, "") for column in key)] = row
    return {scope: [versions[place] for place in sorted(versions)] for scope, versions in found.items()}


def amount(text: str | None) -> Decimal | None:
    """An amount as it is printed; None where nothing is."""
    plain = (text or "").strip().replace(",", "")
    if not plain:
        return None
    if plain == "-":
        return Decimal(0)
    return -Decimal(plain[1:-1]) if plain.startswith("(") else Decimal(plain)


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None where an amount is missing, or there is none at all."""
    known = list(amounts)
    if not known or any(one is None for one in known):
        return None
    return sum((one for one in known if one is not None), Decimal(0))


def _rows(path: Path) -> Iterator[Row]:
    cells = _workbook(path) if path.suffix == ".xlsx" else _csv(path)
    place, header = next(
        (place, names)
        for place, row in enumerate(cells)
        if len(_KNOWN & set(names := [_canonical(cell) for cell in row])) >= 2
    )
    said = _title(cells[:place])
    for line in cells[place + 1 :]:
        row = said | dict(zip(header, (cell.strip() for cell in line), strict=False))
        if any(line):
            if "row_type" not in row:
                row["row_type"] = "total" if re.match("total", row["line_description"], re.IGNORECASE) else "line"
            yield row


def _canonical(heading: str) -> str:
    name = "_".join(re.findall("[a-z0-9]+", heading.lower()))
    parts = name.split("_")
    if len(parts) == 2 and parts[0] in ("plan", "actual", "forecast") and parts[1] in _MONTHS:
        return f"{parts[0]}_m{_MONTHS.index(parts[1]) + 1:02d}"
    return _NAMES.get(name, name)


def _title(rows: Cells) -> Row:
    text = "\n".join(" ".join(row) for row in rows)
    found = {
        "entity_code": re.search(r"\b\d\d[A-Z]\b", text),
        "financial_year": re.search(r"\b\d{4}/\d\d\b", text),
        "ledger_period": re.search(r"(?<=Month )\d+", text),
    }
    return {name: match.group() for name, match in found.items() if match}


def _csv(path: Path) -> Cells:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _workbook(path: Path) -> Cells:
    """Cells of the first sheet; empty ones and empty rows are kept in their place."""
    with zipfile.ZipFile(path) as archive:
        shared = ["".join(item.itertext()) for item in ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))]
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    cells: Cells = []
    for line in sheet.iter(f"{_SHEET}row"):
        row: list[str] = []
        for cell in line.iter(f"{_SHEET}c"):
            place = ord(cell.get("r", "A")[0]) - ord("A")
            text = "".join(cell.itertext())
            row += [""] * (place - len(row))
            row.append(shared[int(text)] if cell.get("t") == "s" else text)
        cells += [[] for _ in range(int(line.get("r", "1")) - len(cells) - 1)]
        cells.append(row)
    return cells
