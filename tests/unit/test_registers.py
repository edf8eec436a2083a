"""Registers as a team keeps them: the day above the table, totals below it, CSV or a workbook; each lands whole.

Belongs here: reports that are replaced as a whole and have one day. Reports with versions belong in `test_reports`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from orchestration.peeking import peek
from pcw.home import Home
from sources.contracts import load_contracts
from sources.receipts import receive
from sources.staging import Staged, stage
from sources.titles import read_title

RECEIVED = datetime(2017, 9, 4, tzinfo=UTC)
HEADER = [
    "Practice Code",
    "Contract Type",
    "Start Date",
    "Contract Holder",
    "PPG",
    "Earnings Published",
    "Record Access",
    "List Status",
]
LINE = ["N82X01", "GMS", "01/04/2004", "Northside Partnership", "Y", "", "Y", "open"]
ABOVE = [["Register of practice contracts"], ["As at 31/08/2017"], []]
TOTAL = ["Total contracts", "1"]


def staged(folder: Path, name: str, rows: list[list[str]]) -> Staged:
    """The file as landing reads it."""
    path = folder / name
    if path.suffix == ".xlsx":
        book = Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    return stage(Home(folder / "home"), receive(path, RECEIVED), load_contracts(), (), "1GB")


@pytest.mark.parametrize("name", ["practice_contract.csv", "practice_contract.xlsx"])
def test_a_day_above_the_table_is_of_every_row(tmp_path: Path, name: str) -> None:
    found = staged(tmp_path, name, [*ABOVE, HEADER, LINE, TOTAL])
    assert found.periods == (date(2017, 8, 1),)
    assert found.layout is not None and found.layout.name == "register_dated_above"
    assert not isinstance(found.database, Path)
    rows = found.database.execute(
        "select row_type, practice_code, as_at, source_row from staged order by source_row"
    ).fetchall()
    found.close()
    assert rows == [
        ("line", "N82X01", date(2017, 8, 31), 5),
        ("total", "Total contracts", date(2017, 8, 31), 6),
    ]
    assert peek(receive(tmp_path / name, RECEIVED)).partition.startswith("2017-08")


def test_a_total_below_a_dated_table_is_of_its_day(tmp_path: Path) -> None:
    found = staged(tmp_path, "practice_contract_2017-08.csv", [[*HEADER, "As At"], [*LINE, "31/08/2017"], TOTAL])
    assert not isinstance(found.database, Path)
    rows = found.database.execute("select row_type, as_at, period from staged order by source_row").fetchall()
    found.close()
    day, month = date(2017, 8, 31), date(2017, 8, 1)
    assert rows == [("line", day, month), ("total", day, month)]


@pytest.mark.parametrize(
    ("name", "above", "words"),
    [
        ("practice_contract.csv", [["Register"], []], "neither above its table nor in its name stands its day"),
        ("practice_contract.csv", [["As at 31/08/2017; seen 2 September 2017"]], "the days 2017-08-31 and 2017-09-02"),
        ("practice_contract_2017-07.csv", [["As at 31/08/2017"], []], "its name says 2017-07"),
        ("practice_contract.csv", [["As at 31/10/2017"], []], "after the month of receipt"),
    ],
)  # fmt: skip
def test_a_register_of_no_one_day_is_refused(tmp_path: Path, name: str, above: list[list[str]], words: str) -> None:
    found = staged(tmp_path, name, [*above, HEADER, LINE])
    assert not isinstance(found.database, Path)
    facts = str(
        found.database.execute("select shape_problem, period_problem, quarantine_problem from file_facts").fetchall()
    )
    found.close()
    assert words in facts


def test_days_are_read_as_people_write_them() -> None:
    said = "as at 31st July 2017; 01.08.2017; 2017-08-02; 3-Aug-2017; 31/02/2017; June 2017; 2017/18"
    assert read_title(said).days == (date(2017, 8, 1), date(2017, 7, 31), date(2017, 8, 3), date(2017, 8, 2))


def test_the_year_of_a_list_is_not_that_in_which_it_was_printed(tmp_path: Path) -> None:
    rows = [
        ["Complaints received in 2016/17; as at 30/06/2017"],
        ["Complaint Ref", "Date Received", "Practice Code", "Outcome", "Theme"],
        ["GP/2016/0001", "01/02/2017", "N82X01", "Withdrawn", "Communication"],
        ["Total", "", "1", "", ""],
    ]
    found = staged(tmp_path, "complaint.csv", rows)
    assert found.periods == (date(2016, 4, 1),)
    assert not isinstance(found.database, Path)
    said = found.database.execute("select row_type, financial_year from staged order by source_row").fetchall()
    facts = found.database.execute("select period_problem from file_facts").fetchall()
    found.close()
    assert (said, facts) == ([("line", "2016/17"), ("total", "2016/17")], [(None,)])
