"""Printed totals among the rows of a table: told by their label, of the month of the lines, counted nowhere."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from pydantic import ValidationError

from sources.contracts import Contract, load_contracts
from sources.months import write_months
from sources.opening import Member
from sources.reader import ReadResult, periods_of, read_members
from sources.recognition import recognise

AE = load_contracts()["monthly_ae"]
OLD = AE.layouts[1]
HEADER = ",".join(names[-1] for names in OLD.names.values())
LINES = ("MSitAE-MAY-2017,RQ6,NORTH,ROYAL", "MSitAE-MAY-2017,REM,NORTH,AINTREE")


def read(folder: Path, *rows: str) -> tuple[duckdb.DuckDBPyConnection, ReadResult]:
    """The rows, each with its figures: one attendance of each kind."""
    text = "\n".join([HEADER, *(f"{row},{','.join(['1'] * 12)}" for row in rows)]) + "\n"
    path = folder / "member.csv"
    path.write_text(text, encoding="utf-8", newline="")
    member = Member("Monthly-AE-May-2017.csv", path, len(text), "utf-8")
    found = recognise(member, load_contracts().values())
    assert found.problem is None and found.contract is AE
    connection = duckdb.connect()
    return connection, read_members(connection, AE, [(member, found)])


@pytest.mark.parametrize("word", ["TOTAL", "Total ", "Grand total"])
def test_a_total_is_of_the_month_of_its_lines(tmp_path: Path, word: str) -> None:
    connection, result = read(tmp_path, *LINES, f"{word},{word},{word},{word}")
    assert (result.rows_read, result.rows_quarantined) == (3, 0)
    rows = connection.execute("select row_type, month, period from staged order by source_row").fetchall()
    assert rows == [(kind, date(2017, 5, 1), date(2017, 5, 1)) for kind in ("line", "line", "total")]
    assert periods_of(connection, AE, "x.csv", None, date(2017, 7, 1)) == ([date(2017, 5, 1)], None)
    [facts] = write_months(connection, AE, tmp_path / "landing", [], has_rejected=False)
    assert (facts.rows, facts.practices, facts.control_totals["attendances_type_1"]) == (3, 2, Decimal(2))


def test_a_total_of_another_month_is_seen(tmp_path: Path) -> None:
    connection, _ = read(tmp_path, *LINES, "MSitAE-JUNE-2017,TOTAL,TOTAL,TOTAL")
    _, problem = periods_of(connection, AE, "x.csv", None, date(2017, 7, 1))
    assert problem is not None and "one month expected, found 2017-05 (2 rows) and 2017-06 (1 rows" in problem


def test_a_total_without_lines_is_set_aside(tmp_path: Path) -> None:
    _, result = read(tmp_path, "TOTAL,TOTAL,TOTAL,TOTAL")
    assert result.quarantine_problem is not None
    assert "row 2, column Period (month): a total of no lines is of no month" in result.quarantine_problem


def test_a_month_that_cannot_be_read_is_no_word_for_a_total(tmp_path: Path) -> None:
    _, result = read(tmp_path, *LINES, "MAI 2017,TOTAL,TOTAL,TOTAL")
    assert result.quarantine_examples == (
        "row 4, column Period (month): expected a date like MSitAE-%B-%Y or %B-%Y or %Y-%m-%d, found MAI 2017",
    )


def test_a_line_must_say_its_month(tmp_path: Path) -> None:
    _, result = read(tmp_path, LINES[0], "TOTAL,REM,NORTH,AINTREE")
    assert "row 3, column Period (month): expected a date" in result.quarantine_examples[0]


def test_a_total_needs_a_file_of_one_month() -> None:
    with pytest.raises(ValidationError, match="needs the period rule single"):
        Contract.model_validate(
            AE.model_dump(by_alias=True) | {"period": {"columns": ["month", "month"], "rule": "months"}}
        )
