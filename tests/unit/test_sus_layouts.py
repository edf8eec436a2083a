"""Hospital extracts under the names that the field gives their columns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.peeking import Peek, peek
from sources.contracts import Contract, load_contracts
from sources.opening import open_members
from sources.reader import ReadResult, read_members
from sources.receipts import receive
from sources.recognition import Recognised, recognise

CONTRACTS = {name: contract for name, contract in load_contracts().items() if contract.family == "sus"}
HES = {layout.name: contract for contract in CONTRACTS.values() for layout in contract.layouts if layout.name != "sem"}
RECEIVED = datetime(2026, 1, 1, 9, 30, 5, 123456, tzinfo=UTC)


def _recognised(folder: Path, name: str, header: list[str], *rows: list[str]) -> tuple[Any, Recognised]:
    path = folder / name
    path.write_text("".join(",".join(row) + "\n" for row in (header, *rows)), encoding="utf-8")
    (folder / "members").mkdir(exist_ok=True)
    [member] = open_members(path, name, folder / "members")
    return member, recognise(member, load_contracts().values())


def _read(folder: Path, contract: Contract, values: dict[str, str]) -> tuple[dict[str, Any], ReadResult]:
    member, found = _recognised(folder, "extract.csv", list(values), list(values.values()))
    assert found.problem is None and found.contract == contract
    with duckdb.connect() as connection:
        result = read_members(connection, contract, [(member, found)], None, RECEIVED)
        rows = connection.execute("from staged")
        names = [column[0] for column in rows.description or []]
        [row] = rows.fetchall()
    return dict(zip(names, row, strict=True)), result


def _first_names(contract: Contract, layout: int = 0) -> list[str]:
    return [headers[0] for headers in contract.layouts[layout].names.values()]


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_a_whole_table_of_the_repository_is_known(tmp_path: Path, dataset: str) -> None:
    layout = CONTRACTS[dataset].layouts[0]
    _, found = _recognised(tmp_path, "x.csv", [*_first_names(CONTRACTS[dataset]), *layout.ignored, "Year_of_Birth"])
    assert found.problem is None
    assert found.contract == CONTRACTS[dataset]
    assert found.dropped == (len(found.columns) - 1,)


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_only_what_is_needed_must_be_there_and_snake_case_will_do(tmp_path: Path, dataset: str) -> None:
    layout = CONTRACTS[dataset].layouts[0]
    header = [name for name in layout.names if name not in layout.optional]
    _, found = _recognised(tmp_path, "x.csv", header)
    assert found.problem is None
    assert found.contract == CONTRACTS[dataset]


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_a_column_that_nobody_agreed_on_is_refused(tmp_path: Path, dataset: str) -> None:
    _, found = _recognised(tmp_path, f"{dataset}.csv", [*_first_names(CONTRACTS[dataset]), "Religion"])
    assert found.problem is not None and "(Religion) is not in the contract" in found.problem


@pytest.mark.parametrize("layout", HES)
def test_columns_of_hes_are_known_and_the_month_of_birth_is_dropped(tmp_path: Path, layout: str) -> None:
    contract = HES[layout]
    header = [*_first_names(contract, 1), *contract.layouts[1].ignored, "MYDOB"]
    _, found = _recognised(tmp_path, "artificial.csv", header)
    assert found.problem is None
    assert (found.contract, found.layout) == (contract, contract.layouts[1])
    assert found.dropped == (len(header) - 1,)


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("SEM_AEA_201718_M03_REM.csv", "sus_aea"),
        ("sus_ec-2017-11.csv", "sus_ec"),
        ("ECDS 201711.csv", "sus_ec"),
        ("SEM_APCS_201617_M12.csv", "sus_apcs"),
        ("99A_APCE_201617.csv", "sus_apce"),
        ("opa.csv", "sus_opa"),
        ("SPECIAL_AEAS.csv", None),
    ],
)
def test_names_of_files_tell_the_dataset(tmp_path: Path, name: str, dataset: str | None) -> None:
    _, found = _recognised(tmp_path, name, ["a", "b"])
    assert (found.contract.dataset if found.contract else None) == dataset


def test_what_hes_leaves_out_is_null_and_receipt_is_the_extract(tmp_path: Path) -> None:
    contract = CONTRACTS["sus_apce"]
    given = dict.fromkeys(_first_names(contract, 1), "") | {
        "EPIKEY": "5", "PROCODE3": "RQ6", "GPPRAC": "&", "EPIEND": "1801-01-01", "EPISTART": "2001-12-04",
        "TRETSPEF": " & ", "MAINSPEF": "320",
    }  # fmt: skip
    row, result = _read(tmp_path, contract, given)
    assert (result.rows_read, result.rows_quarantined) == (1, 0)
    assert row["extract_date_time"] == datetime(2026, 1, 1, 9, 30, 5)
    assert (row["apcs_ident"], row["gp_practice_code"], row["episode_end_date"]) == (None, None, None)
    assert (row["treatment_function_code"], row["main_specialty_code"]) == (None, "320")
    assert row["episode_start_date"] == date(2001, 12, 4)


def test_an_empty_key_is_set_aside_in_a_layout_that_has_it(tmp_path: Path) -> None:
    contract = CONTRACTS["sus_apce"]
    given = dict.fromkeys(_first_names(contract), "") | {
        "APCE_Ident": "5", "APCS_Ident": "&", "Der_Provider_Code": "RQ6", "Extract_Date_Time": "2017-05-20",
    }  # fmt: skip
    row, _ = _read(tmp_path, contract, given)
    assert row["apcs_ident"] == "&"
    member, found = _recognised(tmp_path, "x.csv", list(given), list({**given, "APCS_Ident": ""}.values()))
    with duckdb.connect() as connection:
        result = read_members(connection, contract, [(member, found)], None, RECEIVED)
    assert result.quarantine_examples == ("row 2, column APCS_Ident: expected a value, found nothing",)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2017-04-03", 3),
        ("2017-04-03 00:00:00", 3),
        ("2017-04-03 00:00:00.000", 3),
        ("2017-04-03T00:00:00", 3),
        ("03/04/2017", 3),
        ("", None),
    ],
)
def test_every_way_of_writing_a_day(tmp_path: Path, text: str, day: int | None) -> None:
    contract = CONTRACTS["sus_apcs"]
    given = dict.fromkeys(_first_names(contract), "") | {
        "APCS_Ident": "5", "Der_Provider_Code": "RQ6", "Extract_Date_Time": "2017-05-20 18:30:00.000",
        "Discharge_Date": text,
    }  # fmt: skip
    row, result = _read(tmp_path, contract, given)
    assert result.rows_quarantined == 0
    assert row["discharge_date"] == (day and date(2017, 4, day))
    assert row["extract_date_time"] == datetime(2017, 5, 20, 18, 30)


def test_four_digits_are_a_time_of_day(tmp_path: Path) -> None:
    given = dict.fromkeys(_first_names(CONTRACTS["sus_aea"], 1), "") | {
        "AEKEY": "5", "PROCODE3": "RQ6", "ARRIVALDATE": "2017-04-03", "ARRIVALTIME": "0905", "TREAT2_01": "01",
    }  # fmt: skip
    row, _ = _read(tmp_path, CONTRACTS["sus_aea"], given)
    assert (row["arrival_time"], row["aea_treatment_01"], row["aea_treatment_13"]) == (time(9, 5), "01", None)


@pytest.mark.parametrize("dataset", sorted(CONTRACTS))
def test_the_profile_compares_the_submitted_practice_with_that_of_the_spine(dataset: str) -> None:
    profile = CONTRACTS[dataset].profile
    assert profile is not None
    counted = ("practice_known", "practice_known_by_pds", "both_practices_known", "practices_agree")
    counts = ", ".join(f"count(*) filter ({profile.measures[measure]})" for measure in counted)
    pairs = [("N82001", "n82001"), ("N82001", "N82002"), ("V81999", "V81999"), ("V81999", "N82001"), ("N82001", None)]
    with duckdb.connect() as connection:
        connection.execute("create table staged (gp_practice_code varchar, pds_general_practice_code varchar)")
        connection.executemany("insert into staged values (?, ?)", pairs)
        assert connection.execute(f"select {counts} from staged").fetchall() == [(3, 4, 2, 1)]


def test_a_spell_that_has_not_ended_is_shown_under_the_month_of_its_extract(tmp_path: Path) -> None:
    """As its rows are: their first has no day of discharge, and the run was shown under the month of the receipt."""
    contract = CONTRACTS["sus_apcs"]
    [sem] = [layout for layout in contract.layouts if layout.name == "sem"]
    header = {column: names[0] for column, names in sem.names.items()}
    told = {"discharge_date": "", "extract_date_time": "2017-06-29 06:00:00"}
    path = tmp_path / "SEM_APCS_201718_M03.csv"
    path.write_text(
        ",".join(header.values()) + "\n" + ",".join(told.get(column, "") for column in header) + "\n", encoding="utf-8"
    )
    assert peek(receive(path, RECEIVED)) == Peek("sus_apcs", "2017-06-01")
