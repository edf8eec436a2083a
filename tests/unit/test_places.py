"""A row has one number in every sentence: the one that a spreadsheet shows, or `csv.reader` counts from 1.

Every way of reading is held against `csv.reader` over the same text.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from expectations.runner import run_suite
from sources import plain_csv
from sources.contracts import Contract
from sources.opening import Member, open_members
from sources.places import place_told
from sources.plain_csv import is_plain, read_plain
from sources.reader import ReadResult, read_members
from sources.recognition import Recognised, recognise
from tests.unit.test_expectations_runner import suite_of
from tests.unit.test_plain_csv import COLUMNS, small
from tests.unit.test_registers import HEADER as REGISTER
from tests.unit.test_registers import LINE as REGISTERED
from tests.unit.test_registers import staged as staged_register

HEADER = ",".join(name.upper() for name in COLUMNS)
PLAIN = small()
BARE = small(header=False, names={}, recognise={"practice_code": "[A-Z][0-9]{5}"})
# What a supplier's export may have between its rows: a blank row, two, and a cell of several lines, one of them blank.
UNEVEN = ["r1", "", "r2", '"r3\n\nof three lines"', "r4", "", "", "r5"]


def line(mark: str, items: str = "4") -> str:
    return f"2017_06,A81001,{mark},{items},5.70" if mark else ""


def numbers(text: str) -> dict[str, int]:
    """The plain second way: of each mark its row in the file."""
    rows = enumerate(csv.reader(io.StringIO(text, newline="")), start=1)
    return {row[2].strip(): number for number, row in rows if len(row) > 2 and row[2].startswith("r")}


def opened(
    folder: Path, files: Mapping[str, str], contract: Contract, *, write: bool = True
) -> list[tuple[Member, Recognised]]:
    """One file as it is, several in an archive; with what each is."""
    received, work = folder / "received", folder / "members"
    work.mkdir()
    if len(files) == 1:
        received.write_bytes(next(iter(files.values())).encode())
    else:
        with zipfile.ZipFile(received, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    members = open_members(received, "small.csv" if len(files) == 1 else "small.zip", work, write=write)
    known = []
    for member, text in zip(members, files.values(), strict=True):
        (folder / "seen.csv").write_bytes(text.encode())
        found = recognise(Member(member.name, folder / "seen.csv", 0, "utf-8"), [contract], contract.dataset)
        assert found.problem is None, found.problem
        known.append((member, found))
    return known


def carefully(known: list[tuple[Member, Recognised]], contract: Contract) -> tuple[Any, ReadResult]:
    """The database with what the careful way read, and what it says."""
    connection = duckdb.connect()
    return connection, read_members(connection, contract, known)


def placed(connection: Any, relation: str = "staged") -> dict[str, int]:
    """Of each mark the number of its row."""
    rows: list[tuple[str, int]] = connection.execute(f"select bnf_description, source_row from {relation}").fetchall()
    return dict(rows)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("above", [[], [""], ["", ",,,,"]], ids=["at the top", "below a blank", "below blank cells"])
def test_careful_csv_counts_its_header_and_blank_rows(tmp_path: Path, above: list[str], end: str) -> None:
    text = end.join([*above, HEADER, *map(line, UNEVEN), ""])
    connection, read = carefully(opened(tmp_path, {"a": text}, PLAIN), PLAIN)
    assert placed(connection) == numbers(text)
    assert (read.rows_read, read.rows_quarantined, read.shape_problem) == (5, 0, None)


@pytest.mark.parametrize("above", [[], [""], ["", ",,,,"]])
def test_a_table_without_header_begins_with_row_1(tmp_path: Path, above: list[str]) -> None:
    text = "\n".join([*above, *map(line, UNEVEN), ""])
    connection, _ = carefully(opened(tmp_path, {"a": text}, BARE), BARE)
    assert placed(connection) == numbers(text)
    assert placed(connection)["r1"] == 1 + len(above)


def test_plain_csv_counts_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_csv, "LARGE", 0)
    monkeypatch.setattr(plain_csv, "BLOCK", 128)  # a few rows
    text = "\n".join([HEADER, *(line(f"r{number}") for number in range(20)), ""])
    connection, known = duckdb.connect(), opened(tmp_path, {"a": text}, PLAIN)
    assert read_plain(connection, PLAIN, known, tmp_path / "rows.parquet", "s") is not None
    assert placed(connection) == numbers(text)
    assert placed(connection)["r0"] == 2


def test_blank_cells_above_the_header_are_left_to_the_careful_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_csv, "LARGE", 0)
    known = opened(tmp_path, {"a": f",,,,\n{HEADER}\n{line('r1')}\n"}, PLAIN)
    assert not is_plain(PLAIN, *known[0])
    assert read_plain(duckdb.connect(), PLAIN, known, tmp_path / "rows.parquet", "s") is None


@pytest.mark.parametrize("name", ["practice_contract_2017-08.csv", "practice_contract_2017-08.xlsx"])
def test_a_report_has_the_rows_of_its_sheet(tmp_path: Path, name: str) -> None:
    rows = [["As at 31/08/2017"], [], REGISTER, REGISTERED, [], ["N82X02", *REGISTERED[1:]]]
    found = staged_register(tmp_path, name, rows)
    if name.endswith(".csv"):
        counted = list(enumerate(csv.reader((tmp_path / name).open(encoding="utf-8", newline="")), start=1))
    else:
        book = Workbook()
        assert book.active is not None
        for row in rows:
            book.active.append(row)
        counted = [(row[0].row, [cell.value for cell in row]) for row in book.active.iter_rows()]
    assert not isinstance(found.database, Path)
    said = found.database.execute("select practice_code, source_row from staged").fetchall()
    found.close()
    assert dict(said) == {row[0]: number for number, row in counted if row and str(row[0]).startswith("N82X")}
    assert dict(said) == {"N82X01": 4, "N82X02": 6}


def test_a_report_that_breaks_off_says_at_which_row(tmp_path: Path) -> None:
    """Not at which line: a cell of several lines is one row."""
    split, endless = ([*REGISTERED[:3], cell, *REGISTERED[4:]] for cell in ('"North\nside"', "x" * 200_000))
    found = staged_register(tmp_path, "practice_contract_2017-08.csv", [["As at 31/08/2017"], REGISTER, split, endless])
    found.close()
    assert found.read is not None and ".csv, row 4: cannot be read as a table" in (found.read.shape_problem or "")


def archive() -> dict[str, str]:
    """Two members with blank rows, the first of which ends in some."""
    first = "\n".join([HEADER, *map(line, UNEVEN), "", "", ""])
    return {"one.csv": first, "two.csv": "\n".join(["", HEADER, line("r6"), "", line("r7"), line("r8", "n/a"), ""])}


@pytest.mark.parametrize("write", [True, False], ids=["rewritten", "read from where it lies"])
def test_members_are_numbered_on_and_told_by_their_own_rows(tmp_path: Path, write: bool) -> None:
    """In tables the number goes on, so that no two rows share one; a sentence names the member."""
    known = opened(tmp_path, archive(), PLAIN, write=write)
    connection, read = carefully(known, PLAIN)
    assert placed(connection) == {"r1": 2, "r2": 4, "r3\n\nof three lines": 5, "r4": 6, "r5": 9, "r6": 12, "r7": 14}
    (one, _), (two, _) = known
    first, second = archive().values()
    for mark, row in placed(connection).items():
        own = numbers(first) | numbers(second)
        expected = f"row {own[mark]} of {one.name if mark in numbers(first) else two.name}"
        assert place_told(connection, row) == expected
    assert connection.execute("select source_row from rejected").fetchall() == [(15,)]
    reason = "column ITEMS: expected a whole number, found n/a"
    assert read.quarantine_examples == (f"row {numbers(second)['r8']} of {two.name}, {reason}",)
    assert f"File {one.name} and 1 more in its archive: 1 of 8 rows" in (read.quarantine_problem or "")


def test_a_zip_of_one_member_is_told_as_the_file_in_it(tmp_path: Path) -> None:
    text = "\n".join([HEADER, *map(line, UNEVEN), line("r6", "n/a"), ""])
    with zipfile.ZipFile(tmp_path / "small.zip", "w") as packed:
        packed.writestr("small.csv", text)
    (tmp_path / "members").mkdir()
    [member] = open_members(tmp_path / "small.zip", "small.zip", tmp_path / "members")
    connection, read = carefully([(member, recognise(member, [PLAIN], "epd"))], PLAIN)
    expected = numbers(text)
    assert read.quarantine_examples[0].startswith(f"row {expected.pop('r6')}, column ITEMS: ")
    assert placed(connection) == expected


def test_a_gate_tells_the_member_of_a_row(tmp_path: Path) -> None:
    connection, _ = carefully(opened(tmp_path, archive(), PLAIN), PLAIN)
    check = {
        "id": "r7", "columns": ["bnf_description", "first_row"],
        "unexpected_rows": "select source_row, 2 as first_row, * from {batch} where bnf_description = 'r7'",
    }  # fmt: skip
    [verdict] = run_suite(suite_of(check), connection, "staged")
    assert verdict.examples == (
        f"row {numbers(archive()['two.csv'])['r7']} of two.csv: bnf_description = r7, first_row = 2 of one.csv",
    )
    [verdict] = run_suite(suite_of(check, redact_all_but=["bnf_description"]), connection, "staged")
    assert verdict.examples == ("row (hidden): bnf_description = r7, first_row = (hidden)",)


@pytest.mark.parametrize("broken", ["2017_06,A81001,r6", f"{line('r6')},1", '2017_06,A81001,"r6"x,4,5.70'])
def test_a_broken_row_is_told_where_it_stands(tmp_path: Path, broken: str) -> None:
    """Below blank rows and a cell of several lines; the rows after it keep their numbers."""
    text = "\n".join(["", HEADER, *map(line, UNEVEN), broken, line("r7"), ""])
    connection, read = carefully(opened(tmp_path, {"a": text}, PLAIN), PLAIN)
    expected = numbers(text)
    found = {mark: row for mark, row in expected.items() if mark.startswith("r6")}
    assert f"small.csv, row {next(iter(found.values()))}, at column" in (read.shape_problem or "") or (
        f"small.csv, row {next(iter(found.values()))}: has 6 columns, 5 expected" in (read.shape_problem or "")
    )
    assert ("is cut off or damaged" in (read.shape_problem or "")) is not broken.endswith(",1")
    assert placed(connection) == {mark: row for mark, row in expected.items() if mark not in found}


def test_a_header_is_told_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "small.csv"
    path.write_text(f"\n,,\n{HEADER},EXTRA\n", encoding="utf-8")
    found = recognise(Member("small.csv", path, 0, "utf-8"), [PLAIN], "epd")
    assert found.problem is not None and "File small.csv, row 3 (header): column 6 (EXTRA)" in found.problem
    rows = [line("r1").replace("A81001", "Amoxicillin")] * 3
    path.write_text("\n".join(["", *rows, ""]), encoding="utf-8")
    found = recognise(Member("small.csv", path, 0, "utf-8"), [BARE], "epd")
    assert found.problem is not None and "File small.csv, row 2, column practice_code" in found.problem
    path.write_text("\nWHAT,IS,THIS\n", encoding="utf-8")
    found = recognise(Member("other.csv", path, 0, "utf-8"), [PLAIN])
    assert found.problem is not None and "row 2 has 3 columns, none of them" in found.problem


@pytest.mark.parametrize(("above", "end"), [("\n", "\r\n"), ("\r\n", "\n"), (",,,,\r\n", "\n")])
@pytest.mark.parametrize("write", [True, False])
def test_no_row_is_lost_below_rows_that_end_otherwise(tmp_path: Path, above: str, end: str, write: bool) -> None:
    """Told to skip them, DuckDB 1.5.5 reads nothing below them and says nothing: in an archive nobody would miss it."""
    text = above + end.join([HEADER, line("r1"), line("r2"), ""])
    known = opened(tmp_path, {"a.csv": end.join([HEADER, line("r9"), ""]), "b.csv": text}, PLAIN, write=write)
    connection, result = carefully(known, PLAIN)
    if "r2" not in placed(connection):
        assert "its header is in row 2, and not all rows below it" in (result.shape_problem or "")


def test_rows_that_end_in_two_ways_are_told_so(tmp_path: Path) -> None:
    text = f"{HEADER}\r\n{line('r1')}\n{line('r2')}\r\n"
    _, result = carefully(opened(tmp_path, {"a.csv": text}, PLAIN), PLAIN)
    assert result.shape_problem is not None
    assert "cannot be read as a table: its rows do not all end alike (some with CR LF" in result.shape_problem
    assert result.shape_problem.endswith("Save it again as CSV in the program that made it.")


PIECES = st.lists(st.sampled_from(["", "", "mark", '"mark\n\n"', '"mark, with ""quotes"""', ",,,,"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    above=st.lists(st.sampled_from(["", ",,,,"]), max_size=3),
    pieces=st.lists(PIECES, min_size=1, max_size=3),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_table_is_counted_as_csv_reader_counts_it(
    above: list[str], pieces: list[list[str]], end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    marks = iter(f"r{number}" for number in range(100))
    files = {
        f"{place}.csv": end.join(
            [*above, HEADER, *(p if p == ",,,," else line(p.replace("mark", next(marks))) for p in piece), ""]
        )
        for place, piece in enumerate(pieces)
    }
    connection, _ = carefully(opened(tmp_path_factory.mktemp("any"), files, PLAIN), PLAIN)
    own = [numbers(text) for text in files.values()]
    told = {mark.strip(): place_told(connection, row) for mark, row in placed(connection).items()}
    of = [""] if len(files) == 1 else [f" of {name}" for name in files]
    assert told == {mark: f"row {row}{of[place]}" for place, held in enumerate(own) for mark, row in held.items()}
    every = connection.execute("select source_row from staged union all select source_row from rejected").fetchall()
    assert len(set(every)) == len(every)
