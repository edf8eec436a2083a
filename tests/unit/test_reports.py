"""Tables as people send them: where the header is, what is a line, and what only a workbook shows."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sources.contracts import load_contracts
from sources.door import look
from sources.opening import heads, open_members
from sources.recognition import recognise_head
from sources.reports import find_header, missing, possible_headers, read_table
from sources.sheets import tables_of
from sources.workbooks import UnreadableWorkbook, sheets_of
from tests.finance_files import BUDGET, BUDGET_HEADER, TITLE, Rows, budget_report, ledger, write_csv, write_xlsx

LEDGER = load_contracts()["ledger"]
EXTRACT, REPORT = LEDGER.layouts


def texts(rows: Rows) -> list[list[str]]:
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def table(rows: Rows, layout: Any = REPORT, name: str = "report.csv") -> Any:
    cells = texts(rows)
    header = find_header(possible_headers(cells), layout)
    assert header is not None
    columns = [layout.canonical_of.get(cell.upper()) for cell in header.cells]
    return read_table(name, cells, columns, LEDGER, layout, None)


def test_the_table_of_month_3_is_nine_lines_and_a_total() -> None:
    read = table(budget_report())
    assert read.problem is None
    assert [row.values["row_type"] for row in read.rows] == ["line"] * 9 + ["total"]
    assert [row.number for row in read.rows] == list(range(6, 16))
    first, total = read.rows[0].values, read.rows[-1].values
    assert (first["entity_code"], first["financial_year"], first["ledger_period"]) == ("99A", "2017/18", "3")
    assert (total["line_description"], total["ytd_actual"], total["entity_code"]) == ("Total", "18173847", "99A")


def test_notes_headings_and_repeated_headers_are_no_lines() -> None:
    lines = [("Primary Care",), *BUDGET[:4], (), BUDGET_HEADER, ("Other",), *BUDGET[4:]]
    read = table([*budget_report(lines=lines), (), ("Source: general ledger",)])
    assert len(read.rows) == 10 and read.problem is None


def test_subtotals_are_totals() -> None:
    sub = ("Sub-total GP services", 1, 2, 3, 4, 5, 6)
    assert [row.values["row_type"] for row in table(budget_report(lines=[*BUDGET[:3], sub, *BUDGET[3:]])).rows].count(
        "total"
    ) == 2


@pytest.mark.parametrize(
    "label", ["General Practice TOTALS", "Delegated Budget Total:", "Delegated total (M3)", "Programme sub-totals"]
)
def test_a_total_by_any_name_is_a_total(label: str) -> None:
    lines = [*BUDGET[:3], (label, 1, 2, 3, 4, 5, 6), *BUDGET[3:]]
    assert table(budget_report(lines=lines)).rows[3].values["row_type"] == "total"


def test_a_total_is_of_what_its_lines_are_of() -> None:
    total = ["Total", "", "", "", "", "", "", "", 72547000, 18049315, 18173847, "", 72787320, ""]
    row = table([*ledger(version=2), total], EXTRACT).rows[-1]
    assert row.reasons == () and missing(row, LEDGER, EXTRACT) == []
    assert (row.values["row_type"], row.values["line_description"], row.values["financial_year"]) == (
        "total",
        "Total",
        "2017/18",
    )
    assert (row.values["ledger_period"], row.values["report_version"]) == ("3", "2")


def test_a_line_without_its_year_is_named() -> None:
    rows = ledger()
    rows[2][0] = ""
    row = table(rows, EXTRACT).rows[1]
    assert row.number == 3 and missing(row, LEDGER, EXTRACT) == [
        "column financial_year: expected a value, found nothing"
    ]


def test_year_and_month_may_stand_in_the_name_and_must_be_one() -> None:
    assert table(budget_report(title=(("Entity 99A",),)), name="budget_report_2017-18_M03.csv").problem is None
    assert "neither above its table nor in its name stands its financial year" in table(budget_report(title=())).problem
    two = table(budget_report(title=(*TITLE[:2], ("June 2017 to July 2017",))))
    assert "stand the months 3 and 4, where one is expected" in two.problem


def test_a_value_without_a_heading_is_named() -> None:
    rows = [[*row, "9"] if place == 7 else row for place, row in enumerate(budget_report())]
    assert "row 8: column H has no heading and holds a value" in table(rows).problem


def test_a_heading_over_two_rows_is_read(tmp_path: Path) -> None:
    upper = ["Description", "YTD", None, None, "Annual Budget", "Forecast", None]
    lower = [None, "Budget", "Actual", "Variance", None, "Outturn", "Variance"]

    def merge(sheet: Worksheet) -> None:
        for area in ("A5:A6", "B5:D5", "E5:E6", "F5:G5"):
            sheet.merge_cells(area)

    path = write_xlsx(tmp_path / "budget_report.xlsx", [*TITLE, upper, lower, *BUDGET], merge)
    [head] = heads(path, path.name)
    assert head.text is not None
    found = recognise_head(head.name, head.text, load_contracts().values())
    assert found.problem is None and found.layout is REPORT


def found_problem(path: Path, work: Path) -> str | None:
    work.mkdir(exist_ok=True)
    seen = look(path, path.name, load_contracts(), None)
    members = tables_of(open_members(path, path.name, work), seen.recognised)
    return next((member.problem for member in members if member.problem), None)


def hide_row(sheet: Worksheet) -> None:
    sheet.row_dimensions[8].hidden = True


def merge_amounts(sheet: Worksheet) -> None:
    sheet.merge_cells("B7:B8")


def formula(sheet: Worksheet) -> None:
    sheet["B15"] = "=SUM(B6:B14)"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (hide_row, "1 row(s) are hidden or filtered out, the first is row 8"),
        (merge_amounts, "cells B7:B8: one amount stands in the merged cells of several rows"),
        (formula, "cell B15: a formula that was never calculated"),
    ],
)
def test_what_only_a_workbook_hides_is_refused(tmp_path: Path, change: Any, sentence: str) -> None:
    path = write_xlsx(tmp_path / "budget_report.xlsx", budget_report(), change)
    assert sentence in (found_problem(path, tmp_path / "work") or "")


def with_sheet(path: Path, rows: Rows, state: str = "visible") -> Path:
    book = load_workbook(path)
    sheet = book.create_sheet("Second")
    for row in rows:
        sheet.append(list(row))
    sheet.sheet_state = state
    book.save(path)
    return path


def test_a_sheet_of_notes_is_left_out_and_a_hidden_table_refused(tmp_path: Path) -> None:
    path = with_sheet(write_xlsx(tmp_path / "budget_report.xlsx", budget_report()), [("Contents",), ("See sheet 1",)])
    seen = look(path, path.name, load_contracts(), None)
    (tmp_path / "members").mkdir()
    assert len(tables_of(open_members(path, path.name, tmp_path / "members"), seen.recognised)) == 1
    hidden = with_sheet(write_xlsx(tmp_path / "budget_report_2.xlsx", budget_report()), budget_report(), "hidden")
    assert "sheet Second is hidden and holds rows of the table" in (found_problem(hidden, tmp_path / "work") or "")


def test_a_sheet_with_a_misspelt_heading_is_not_lost(tmp_path: Path) -> None:
    misspelt = [*TITLE, ("Description", "YTD Bugdet", *BUDGET_HEADER[2:]), *BUDGET]
    path = with_sheet(write_xlsx(tmp_path / "budget_report.xlsx", budget_report()), misspelt)
    seen = look(path, path.name, load_contracts(), None)
    assert "column YTD Budget is missing" in (seen.recognised[1].problem or "")  # type: ignore[union-attr]
    (tmp_path / "members").mkdir()
    assert len(tables_of(open_members(path, path.name, tmp_path / "members"), seen.recognised)) == 2


def test_a_damaged_workbook_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "budget_report.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "no workbook")
    with pytest.raises(UnreadableWorkbook, match=r"damaged workbook.*save it as \.xlsx"):
        sheets_of(path, path.name)
    book = Workbook()
    book.save(path)
    assert sheets_of(path, path.name) == []


def test_numbers_of_a_sheet_have_no_noise(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "a.xlsx", [("a",), (0.1 + 0.2,), (1035.3333333333333,), (9842921.0,), (1e-7,), (True,)]
    )
    assert sheets_of(path, path.name)[0].text.splitlines() == [
        "a",
        "0.3",
        "1035.33333333333",
        "9842921",
        "0.0000001",
        "TRUE",
    ]


def test_the_same_table_is_read_the_same_from_both(tmp_path: Path) -> None:
    plain = write_csv(tmp_path / "b.csv", budget_report()).read_text()
    sheet = sheets_of(write_xlsx(tmp_path / "b.xlsx", budget_report()), "b.xlsx")[0].text
    rows = [[cell for cell in row if cell] for row in csv.reader(io.StringIO(sheet))]
    assert rows == [[cell for cell in row if cell] for row in csv.reader(io.StringIO(plain))]
