"""The national A&E files as published land, and their providers sum to the printed total of England."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from sources.contracts import load_contracts
from sources.ledger import current
from sources.manifests import parquet_files
from tests.finance_files import landed, said

FILES = {
    "Monthly-AE-June-2024_copy.csv": (date(2024, 6, 1), 197),
    "Monthly-AE-October-2024-revised.csv": (date(2024, 10, 1), 198),
    "Monthly-AE-November-2024-revised.csv": (date(2024, 11, 1), 198),
    "Monthly-AE-December-2024.csv": (date(2024, 12, 1), 198),
    "Monthly-AE-January-2025.csv": (date(2025, 1, 1), 198),
    "Monthly-AE-March-2025.csv": (date(2025, 3, 1), 198),
}
COUNTS = [column.name for column in load_contracts()["monthly_ae"].columns if column.type == "integer"]


@pytest.mark.parametrize("name", FILES)
def test_a_published_month_lands_and_its_total_is_no_provider(realdata: Path, tmp_path: Path, name: str) -> None:
    month, providers = FILES[name]
    outcome = landed(tmp_path / "home", realdata / "hospital_ae" / name, "2025-06-10")
    assert outcome.submission is not None, said(outcome)
    assert said(outcome) == ""
    assert outcome.periods == (month,)
    [facts] = outcome.submission.periods
    assert (facts.rows, facts.practices) == (providers + 1, providers)

    files = parquet_files(Home(tmp_path / "home").landing, outcome.submission, month)
    with duckdb.connect() as connection:
        sums = ", ".join(f"sum({column})" for column in COUNTS)
        read = f"select {sums} from read_parquet(?) where row_type = ?"
        lines = connection.execute(read, [files, "line"]).fetchall()
        printed = connection.execute(read, [files, "total"]).fetchall()
        codes = connection.execute("select org_code from read_parquet(?) where row_type = 'line'", [files]).fetchall()
    assert lines == printed
    assert ("TOTAL",) not in codes
    with (realdata / "hospital_ae" / name).open(encoding="utf-8", newline="") as file:
        *_, last = csv.reader(file)
    assert list(map(int, printed[0])) == [int(cell) for cell in last[4:]]
    assert facts.control_totals["attendances_type_1"] == printed[0][0]


def test_a_digit_too_many_in_a_published_month_is_found(realdata: Path, tmp_path: Path) -> None:
    name = "Monthly-AE-December-2024.csv"
    text = (realdata / "hospital_ae" / name).read_text(encoding="utf-8")
    [row] = [line for line in text.splitlines() if ",RH5," in line]
    changed = row.replace(",12984,", ",129840,")
    assert changed != row
    (tmp_path / name).write_text(text.replace(row, changed), encoding="utf-8", newline="")
    outcome = landed(tmp_path / "home", tmp_path / name, "2025-06-10")
    assert outcome.refusal is not None
    assert "attendances_type_1: 1524386 of the providers, 1407530 printed" in said(outcome)


def test_a_revised_month_replaces_the_one_before_by_receipt(realdata: Path, tmp_path: Path) -> None:
    name = "Monthly-AE-November-2024-revised.csv"
    first = tmp_path / "Monthly-AE-November-2024.csv"
    text = (realdata / "hospital_ae" / name).read_text(encoding="utf-8")
    # As first published: a provider that came late is not there, and not in the total.
    lines = text.splitlines()
    [late] = [line for line in lines if ",R1K," in line]
    total = lines[-1].split(",")
    less = [str(int(a) - int(b)) for a, b in zip(total[4:], late.split(",")[4:], strict=True)]
    kept = [line for line in lines[:-1] if line != late]
    first.write_text("\n".join([*kept, ",".join([*total[:4], *less])]) + "\n", encoding="utf-8")
    before = landed(tmp_path / "home", first, "2024-12-12")
    after = landed(tmp_path / "home", realdata / "hospital_ae" / name, "2025-01-09")
    assert before.submission is not None and after.submission is not None, said(before) + said(after)
    assert before.periods == after.periods == (date(2024, 11, 1),)
    [held] = current([before.submission, after.submission], load_contracts())["monthly_ae"].values()
    assert [one.file_name for one in held] == [name]


def test_a_file_from_before_booked_attendances_lands(tmp_path: Path) -> None:
    header = (
        "Period,Org Code,Parent Org,Org name,Number of A&E attendances Type 1,Number of A&E attendances Type 2,"
        "Number of A&E attendances Other A&E Department,Number of attendances over 4hrs Type 1,"
        "Number of attendances over 4hrs Type 2,Number of attendances over 4hrs Other A&E Department,"
        "Patients who have waited 4-12 hs from DTA to admission,Patients who have waited 12+ hrs from DTA to admission,"
        "Emergency admissions via A&E - Type 1,Emergency admissions via A&E - Type 2,"
        "Emergency admissions via A&E - Other A&E department,Other emergency admissions"
    )
    rows = [
        "MSitAE-MAY-2016,RQ6,NHS ENGLAND NORTH,ROYAL,8000,700,0,900,10,0,90,0,2300,20,0,400",
        "MSitAE-MAY-2016,REM,NHS ENGLAND NORTH,AINTREE,7000,0,0,1000,0,0,80,1,2100,0,0,300",
        "TOTAL,TOTAL,TOTAL,TOTAL,15000,700,0,1900,10,0,170,1,4400,20,0,700",
    ]
    path = tmp_path / "Monthly-AE-May-2016.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    outcome = landed(tmp_path / "home", path, "2016-07-14")
    assert outcome.submission is not None and said(outcome) == "", said(outcome)
    assert outcome.submission.layout == "without_booked"
    # A total that says its month itself keeps it.
    path.write_text("\n".join([header, *rows]).replace("\nTOTAL,", "\nMSitAE-MAY-2016,") + "\n", encoding="utf-8")
    again = landed(tmp_path / "home", path, "2016-08-14")
    assert again.submission is not None and again.periods == (date(2016, 5, 1),), said(again)
