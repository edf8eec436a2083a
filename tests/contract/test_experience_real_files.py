"""Files of the experience feeds land as they are published; made-up ones of the same shapes stand for them here."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from pcw.home import Home
from sources.manifests import parquet_files
from tests.finance_files import Rows, landed, said, write_csv

REAL = "appointments_LLR_2019-03_2021-08.csv.gz"
ROUND = "General Consultation Routine"


def survey(year: int, others: Sequence[str], practices: int = 3) -> Rows:
    """A wave with so many columns of other questions, and the name of the columns of its year."""
    new = year >= 2018
    names = ["Q3_12", "Q3_1234base", "Q18_12", "Q18_12345base"] if new else ["q3_12", "q3base", "q18_12", "q18base"]
    old = [] if new else ["q12_1", "q12_2", "q12_3", "q12base", "q15_12", "q15base"]
    header = ["Practice_Code", "Practice_Name", "CCG_Code", "CCG_Name", "distributed", "received", "resprate"]
    rows: Rows = [[*header, *names, *old, *others]]
    for number in range(practices):
        place = [f"N8200{number}", "A SURGERY", "99A", "NHS SOMEWHERE CCG", "250", "100", "0.4"]
        answers = ["70.125", "100.5", "71.815324675324675", "95"]
        earlier = [] if new else ["60", "20", "10", "95", "75", "80"]
        rows.append([*place, *answers, *earlier, *(["-97"] * len(others))])
    return rows


@pytest.mark.parametrize("year", [2017, 2018])
def test_a_wave_with_five_hundred_other_columns_lands_in_its_march(tmp_path: Path, year: int) -> None:
    others = [f"q{number}_{answer}pct" for number in range(28, 128) for answer in range(1, 6)]
    path = write_csv(tmp_path / f"GPPS_{year}_Practice_data_(weighted)_(csv)_PUBLIC.csv", survey(year, others))
    outcome = landed(tmp_path / "home", path, "2018-08-01")
    assert outcome.submission is not None, said(outcome)
    assert outcome.periods == (date(year, 3, 1),)


def test_a_column_that_is_no_question_is_not_ignored(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "GPPS_2017_Practice.csv", survey(2017, ["nhs_number"]))
    outcome = landed(tmp_path / "home", path, "2018-08-01")
    assert outcome.refusal is not None and "(nhs_number) is not in the contract" in said(outcome)


def test_a_wave_whose_year_nobody_says_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "gpps.csv", survey(2017, []))
    outcome = landed(tmp_path / "home", path, "2018-08-01")
    assert outcome.refusal is not None and "does not say one year like 2017" in said(outcome)
    outcome = landed(tmp_path / "home", path, "2018-08-01", period=date(2017, 7, 1))
    assert outcome.refusal is not None and "State 2017-03 with --period" in said(outcome)
    assert landed(tmp_path / "home", path, "2018-08-01", period=date(2017, 3, 1)).periods == (date(2017, 3, 1),)


def test_a_base_under_the_name_of_another_year_is_seen(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "GPPS_2018_Practice.csv", survey(2017, []))
    outcome = landed(tmp_path / "home", path, "2018-08-01")
    assert outcome.refusal is not None and "no practice has the base of Q3 or Q18" in said(outcome)


def test_practices_of_the_national_table_of_appointments(tmp_path: Path) -> None:
    header = (
        *("APPOINTMENT_MONTH_START_DATE", "GP_CODE", "GP_NAME", "SUPPLIER", "PCN_CODE", "PCN_NAME"),
        *("SUB_ICB_LOCATION_CODE", "SUB_ICB_LOCATION_NAME", "HCP_TYPE", "APPT_MODE", "NATIONAL_CATEGORY"),
        *("TIME_BETWEEN_BOOK_AND_APPT", "COUNT_OF_APPOINTMENTS", "APPT_STATUS"),
    )
    place = ("01DEC2025", "N82001", "A SURGERY", "EMIS", "U00001", "A PCN", "99A", "SOMEWHERE")
    rows = [
        (*place, "GP", "Face-to-Face", ROUND, "Same Day", "120", "Attended"),
        (*place, "Other Practice staff", "Telephone", ROUND, "1 Day", "80", "DNA"),
    ]
    path = write_csv(tmp_path / "Practice_Level_Crosstab_Dec_25.csv", [header, *rows])
    outcome = landed(tmp_path / "home", path, "2026-02-01")
    assert outcome.submission is not None, said(outcome)
    assert (outcome.dataset, outcome.periods) == ("gp_appointments", (date(2025, 12, 1),))


def test_a_week_of_the_access_return_counts_where_it_begins(tmp_path: Path) -> None:
    header = ("practice_code", "week_commencing", "clinician_type", "mode", "appointments_offered")
    rows = [
        ("N82001", day, clinician, "Telephone", "40")
        for day in ("24/04/2017", "01/05/2017")
        for clinician in ("GP", "Nurse Practitioner")
    ]
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "access_return.csv", [header, *rows]), "2017-06-01")
    assert outcome.submission is not None, said(outcome)
    assert outcome.periods == (date(2017, 4, 1), date(2017, 5, 1))


def test_appointments_of_a_month_to_come_are_refused(tmp_path: Path) -> None:
    header = ("practice_code", "month", "clinician_type", "mode", "appointments_offered")
    rows = [("N82001", month, "GP", "Telephone", "40") for month in ("2017-05", "2017-07")]
    outcome = landed(tmp_path / "home", write_csv(tmp_path / "access_return.csv", [header, *rows]), "2017-06-01")
    assert outcome.refusal is not None and "2017-07 is after the month of receipt (2017-06)" in said(outcome)


def test_neither_table_of_appointments_replaces_the_other(tmp_path: Path) -> None:
    """Practices and commissioners are two feeds: a month has both."""
    home = tmp_path / "home"
    own = [("practice_code", "month", "clinician_type", "mode", "appointments_offered"),
           ("N82001", "2019-03", "GP", "Telephone", "40"),
           ("N82001", "2019-03", "Practice Nurse", "Telephone", "30")]  # fmt: skip
    regional = [
        ("CCG_CODE", "CCG_NAME", "Appointment_Month", "APPT_STATUS", "HCP_TYPE", "APPT_MODE",
         "TIME_BETWEEN_BOOK_AND_APPT", "COUNT_OF_APPOINTMENTS"),
        ("03W", "NHS SOMEWHERE CCG", "MAR2019", "Attended", "GP", "Telephone", "1 Day", "95"),
        ("03W", "NHS SOMEWHERE CCG", "MAR2019", "DNA", "GP", "Telephone", "1 Day", "5"),
    ]  # fmt: skip
    first = landed(home, write_csv(tmp_path / "access_return_2019-03.csv", own), "2021-01-01")
    second = landed(home, write_csv(tmp_path / "Regional_CSV_Somewhere.csv", regional), "2021-01-02")
    assert first.submission is not None and second.submission is not None, said(first) + said(second)
    assert (first.dataset, second.dataset) == ("gp_appointments", "gp_appointments_commissioner")
    assert first.periods == second.periods == (date(2019, 3, 1),)


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("01_August_2017_Latest_ratings.csv", date(2017, 8, 1)),
        ("cqc_2017-08.csv", date(2017, 8, 1)),
        ("cqc.csv", None),
    ],
)
def test_ratings_are_of_the_month_that_their_name_says(tmp_path: Path, name: str, month: date | None) -> None:
    header = (
        *("Location ID", "Location ODS Code", "Location Name", "Care Home?", "Location Type"),
        *("Location Primary Inspection Category", "Location Post Code", "Service / Population Group", "Domain"),
        *("Latest Rating", "Publication Date", "Report Type", "Inherited Rating (Y/N)", "URL", "Provider ID"),
    )
    rows = [
        ("1-1", "N82001", "A SURGERY", "N", "Primary Medical Services", "GP Practices", "L1 1AA", "Overall", domain,
         rating, "07/07/2017", "Location", "N", "http://x", "1-9")
        for domain, rating in (("Overall", "Good"), ("Safe", "Requires improvement"))
    ]  # fmt: skip
    outcome = landed(tmp_path / "home", write_csv(tmp_path / name, [header, *rows]), "2017-09-01")
    if month is None:
        assert outcome.refusal is not None and "does not say one month" in said(outcome)
    else:
        assert outcome.submission is not None, said(outcome)
        assert outcome.periods == (month,)


def test_real_appointments_by_commissioner_and_month(realdata: Path, tmp_path: Path) -> None:
    """Thirty months in one file: each landed month has the sums of the file, counted here without the project."""
    path = realdata / "appointments" / REAL
    wanted: Counter[tuple[str, date, str]] = Counter()
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            month = datetime.strptime(row["Appointment_Month"].title(), "%b%Y").date()
            wanted[row["CCG_CODE"], month, row["APPT_STATUS"]] += int(row["COUNT_OF_APPOINTMENTS"])
    outcome = landed(tmp_path / "home", path, "2021-11-01")
    assert outcome.submission is not None, said(outcome)
    assert (outcome.submission.rows_read, outcome.submission.rows_quarantined) == (15_892, 0)
    assert len(outcome.periods) == 30
    found = {}
    for facts in outcome.submission.periods:
        files = parquet_files(Home(tmp_path / "home").landing, outcome.submission, facts.period)
        sums = duckdb.sql(
            "select commissioner_code, appt_status, sum(count_of_appointments) from read_parquet(?) group by all",
            params=[files],
        ).fetchall()
        found |= {(code, facts.period, status): int(total) for code, status, total in sums}
    assert found == dict(wanted)
    assert {code for code, _, _ in found} == {"03W", "04C", "04V"}
