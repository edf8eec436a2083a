"""Artificial HES, as NHS Digital publishes it, lands through gates 1 and 2 by its own column names."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.landing import LandingOutcome, land
from pcw.home import Home
from pcw.settings import Settings
from sources.manifests import parquet_files
from sources.receipts import receive

RECEIVED = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
# What HES writes where nothing is known.
EMPTY = {"", "&", "1801-01-01"}


@dataclass(frozen=True)
class Hes:
    """A file, what it is, and the columns whose values are compared: canonical name -> HES name and type."""

    file: str
    dataset: str
    date: str
    warnings: frozenset[str]
    columns: dict[str, tuple[str, Callable[[str], Any]]]


def _clock(text: str) -> time:
    return time(int(text[:2]), int(text[2:]))


_PATIENT = {
    "der_pseudo_nhs_number": ("PSEUDO_HESID", str),
    "der_provider_code": ("PROCODE3", str),
    "gp_practice_code": ("GPPRAC", str),
}
_ADMITTED = {
    "treatment_function_code": ("TRETSPEF", str),
    "main_specialty_code": ("MAINSPEF", str),
    "administrative_category": ("ADMINCAT", str),
}
FILES = (
    Hes(
        "artificial_hes_ae_0708_truncated.csv",
        "sus_aea",
        "ARRIVALDATE",
        frozenset({"leading_zeros_seldom_lost", "practices_mostly_named"}),
        {
            **_PATIENT,
            "aea_ident": ("AEKEY", str),
            "arrival_date": ("ARRIVALDATE", date.fromisoformat),
            "arrival_time": ("ARRIVALTIME", _clock),
            "aea_department_type": ("AEDEPTTYPE", str),
            "aea_attendance_category": ("AEATTENDCAT", str),
            "aea_referral_source": ("AEREFSOURCE", str),
            "aea_arrival_mode": ("AEARRIVALMODE", str),
            "aea_attendance_disposal": ("AEATTENDDISP", str),
            "aea_investigation_01": ("INVEST2_01", str),
            "aea_treatment_12": ("TREAT2_12", str),
        },
    ),
    Hes(
        "artificial_hes_apc_0102.csv",
        "sus_apce",
        "EPIEND",
        frozenset({"diagnosis_mostly_shaped"}),  # one of the ninth revision
        {
            **_PATIENT,
            **_ADMITTED,
            "apce_ident": ("EPIKEY", str),
            "episode_number": ("EPIORDER", int),
            "episode_start_date": ("EPISTART", date.fromisoformat),
            "episode_end_date": ("EPIEND", date.fromisoformat),
            "admission_date": ("ADMIDATE", date.fromisoformat),
            "discharge_date": ("DISDATE", date.fromisoformat),
            "admission_method": ("ADMIMETH", str),
            "primary_diagnosis_code": ("DIAG_4_01", str),
        },
    ),
    Hes(
        "artificial_hes_op_0304_truncated.csv",
        "sus_opa",
        "APPTDATE",
        frozenset(),
        {
            **_PATIENT,
            **_ADMITTED,
            "opa_ident": ("ATTENDKEY", str),
            "appointment_date": ("APPTDATE", date.fromisoformat),
            "attendance_status": ("ATTENDED", str),
            "first_attendance": ("FIRSTATT", str),
            "opa_referral_source": ("REFSOURC", str),
            "priority_type": ("PRIORITY", str),
        },
    ),
)


@dataclass(frozen=True)
class Landed:
    """A landed file, and the rows of the file as Python reads them."""

    hes: Hes
    home: Home
    outcome: LandingOutcome
    rows: list[dict[str, str]]

    def landed(self, columns: str) -> list[tuple[Any, ...]]:
        """Columns of the landed rows, in the order of the file."""
        submission = self.outcome.submission
        assert submission is not None
        files = [
            file for facts in submission.periods for file in parquet_files(self.home.landing, submission, facts.period)
        ]
        return duckdb.sql(f"select {columns} from read_parquet({files}) order by source_row").fetchall()


@pytest.fixture(scope="module", params=FILES, ids=lambda hes: hes.dataset)
def landed(request: pytest.FixtureRequest, realdata: Path, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    hes: Hes = request.param
    folder = tmp_path_factory.mktemp(hes.dataset)
    home = Home(folder / "home")
    for room in (home.inbox, home.landing, home.quarantine):
        room.mkdir(parents=True)
    source = realdata / "hospital_hes" / hes.file
    path = Path(shutil.copy(source, folder))
    # Its years are before the timetable of submissions.
    path.with_name(path.name + ".meta.json").write_text(json.dumps({"activity_status": "final"}))
    outcome = land(home, Settings(home=home.root), receive(path, RECEIVED))
    with source.open(encoding="utf-8-sig", newline="") as handle:
        return Landed(hes, home, outcome, list(csv.DictReader(handle)))


def test_it_passes_the_gates(landed: Landed) -> None:
    failed = {verdict.check: verdict.message for verdict in landed.outcome.verdicts if not verdict.passed}
    assert landed.outcome.refusal is None, failed
    assert landed.outcome.dataset == landed.hes.dataset
    assert set(failed) == landed.hes.warnings, failed


def test_every_row_is_landed_or_set_aside(landed: Landed) -> None:
    submission = landed.outcome.submission
    assert submission is not None
    assert submission.rows_read == len(landed.rows)
    assert (submission.rows_accepted, submission.rows_quarantined) == (len(landed.rows), 0)
    assert landed.landed("source_row") == [(number,) for number in range(2, len(landed.rows) + 2)]


def test_months_and_providers_are_those_of_the_file(landed: Landed) -> None:
    submission = landed.outcome.submission
    assert submission is not None
    expected = Counter(
        (row["PROCODE3"], date.fromisoformat(row[landed.hes.date]).replace(day=1))
        for row in landed.rows
        if row[landed.hes.date] not in EMPTY
    )
    assert {facts.scope: facts.rows for facts in submission.scopes} == expected
    assert {facts.activity_status for facts in submission.scopes} == {"final"}
    undated = len(landed.rows) - sum(expected.values())
    assert {facts.period for facts in submission.periods} == {month for _, month in expected} | (
        {date(2026, 1, 1)} if undated else set()
    )


def test_values_are_those_of_the_file(landed: Landed) -> None:
    columns = landed.hes.columns
    found = landed.landed(", ".join(columns))
    expected = [
        tuple(None if row[name].strip() in EMPTY else read(row[name].strip()) for name, read in columns.values())
        for row in landed.rows
    ]
    assert found == expected


def test_what_hes_has_not_is_null_and_receipt_stands_for_the_extract(landed: Landed) -> None:
    spell = "apcs_ident" if landed.hes.dataset == "sus_apce" else "null"
    assert set(landed.landed(f"extract_date_time, {spell}, update_type, age")) == {
        (RECEIVED.replace(tzinfo=None), None, None, None)
    }


def test_the_month_of_birth_is_nowhere(landed: Landed) -> None:
    births = {row.get("MYDOB", "") for row in landed.rows} - {""}
    assert bool(births) == (landed.hes.dataset == "sus_apce")  # HES has it for admitted patients alone
    texts = {cell for row in landed.landed("*") for cell in row if isinstance(cell, str)}
    assert not births & texts
