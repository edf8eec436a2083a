"""What identifies a patient is found, whatever it is called; what merely looks alike is not."""

import duckdb
import pytest

from expectations.suites import load_suite
from sources.contracts import load_contracts
from sources.identifiers import (
    TextScan,
    columns_of_birth_dates,
    columns_of_nhs_numbers,
    identifying_headers,
    is_valid_nhs_number,
    is_valid_sql,
    nhs_numbers_in,
    redacted,
)
from sources.pseudonyms import pseudonym, pseudonym_sql, pseudonyms, validity_sql

# One example of the Data Dictionary, and numbers made for tests (999 is never given out).
VALID = ("9434765919", "943 476 5919", "943-476-5919", " 9434765919 ", "943\u00a0476\u00a05919", "9990000018")
INVALID = (
    "9434765918",
    "0000000000",
    "1111111111",
    "943476591",
    "94347659199",
    "",
    "UNKNOWN",
    "9434765919.0",
    "٩434765919",
)
KEY = "a key of the test suite, at least 32 characters long"


def nhs_numbers(count: int) -> list[str]:
    """Valid numbers beginning with 999."""
    found = (f"999{number:07}" for number in range(count * 20))
    return [number for number in found if is_valid_nhs_number(number)][:count]


@pytest.mark.parametrize("text", VALID)
def test_a_valid_number_is_valid_however_it_is_written(text: str) -> None:
    assert is_valid_nhs_number(text)


@pytest.mark.parametrize("text", INVALID)
def test_another_number_is_not(text: str) -> None:
    assert not is_valid_nhs_number(text)


def test_sql_and_python_agree_on_validity_and_pseudonyms() -> None:
    random = duckdb.sql(
        "select cast(1000000000 + (hash(i) % 8999999999) as varchar) from range(20000) as t(i)"
    ).fetchall()
    texts = [*VALID, *INVALID, *(row[0] for row in random)]
    connection = duckdb.connect()
    connection.execute("create table sent as select unnest($1) as text", [texts])
    given = connection.execute(
        f"select text, {is_valid_sql('text')}, {pseudonym_sql('text')}, {validity_sql('text')} from sent",
        pseudonyms(KEY, "sus.csv").parameters,
    ).fetchall()
    assert len(given) == len(texts)
    for text, valid, hashed, flag in given:
        assert (valid, hashed) == (is_valid_nhs_number(text), pseudonym(KEY, text)), text
        assert flag == (None if not text else "Y" if valid else "N")
    assert connection.execute(f"select {is_valid_sql('null::varchar')}").fetchall() == [(False,)]
    share = sum(valid for _, valid, _, _ in given) / len(given)
    assert 0.08 < share < 0.1  # what chance gives: rules of thumb in `identifiers` stand on it


@pytest.mark.parametrize("key", ["k" * 32, "k" * 63, "k" * 64, "k" * 65, "ключ" * 20])
def test_hmac_of_sha256_holds_for_keys_of_every_length(key: str) -> None:
    parameters = pseudonyms(key, "sus.csv").parameters
    asked = pseudonym_sql("'943 476 5919'")
    [(hashed,)] = duckdb.connect().execute(f"select {asked}", parameters).fetchall()
    assert hashed == pseudonym(key, "9434765919")


def test_a_key_is_never_shown() -> None:
    assert KEY not in repr(pseudonyms(KEY, "sus.csv"))
    assert "kkk" not in repr(pseudonyms("k" * 40, "sus.csv"))


def test_numbers_in_sentences_are_hidden() -> None:
    assert redacted("found 943 476 5919, of 9434765918") == "found (hidden), of 9434765918"


@pytest.mark.parametrize(
    "header",
    ["NHS_Number", "NHS No", "nhs number", "NHSNumber", "Patient_NHS_Number", "Date_of_Birth", "DOB", "Birth Date",
     "Surname", "Patient_Forename", "Patient Name", "Postcode_of_usual_address", "Patient_Postcode",
     "Local_Patient_Identifier", "Hospital Number"],
)  # fmt: skip
def test_headers_of_identifiers_are_known(header: str) -> None:
    assert identifying_headers([header]) == [header]


def test_no_column_of_any_contract_is_called_an_identifier() -> None:
    for contract in load_contracts().values():
        for layout in contract.layouts:
            assert not identifying_headers(layout.canonical_of), contract.dataset
        assert not identifying_headers(column.name for column in contract.columns), contract.dataset


def test_a_column_of_nhs_numbers_is_found_under_any_name_and_chance_is_not() -> None:
    chance = [f"{1234567890 + 7919 * number}" for number in range(200)]
    rows = [["id", "x"], *([left, right] for left, right in zip(chance, nhs_numbers(200), strict=True))]
    assert columns_of_nhs_numbers(rows) == [2]
    assert columns_of_nhs_numbers(rows[1:]) == [2]
    assert columns_of_nhs_numbers([["practice_code", "items"], ["N82001", "12"]]) == []


def test_dates_older_than_the_nhs_are_birth_dates() -> None:
    born = [[f"{1925 + number}-03-0{number % 9 + 1}"] for number in range(80)]
    opened = [[f"{1974 + number % 40}0401"] for number in range(80)]
    assert columns_of_birth_dates([["a"], *born]) == [1]
    assert columns_of_birth_dates([["a"], *opened, ["1900-01-01"], ["1900-01-01"]]) == []


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("a,b\n943 476 5919,1\n", True),
        ("a,b\nNHS 9434765919,1\n", True),
        ("a,b\n9434765919,1\n", True),
        ("a,b\n" + "".join(f"{1234567890 + 7919 * number},1\n" for number in range(500)), False),
        ("telephone 0151 295 3000 or 0845 123 4567\n", False),
        ("snomed,323389000943476591\n", False),
        ("Dear all, please find attached.", False),
    ],
)
def test_text_is_searched_piece_by_piece(text: str, is_found: bool) -> None:
    scan = TextScan()
    for start in range(0, len(text), 7):
        scan.add(text[start : start + 7])
    assert (scan.finding() is not None) == is_found


def test_columns_of_a_table_are_searched() -> None:
    connection = duckdb.connect()
    connection.execute("create table staged (code varchar, record varchar, note varchar, id varchar)")
    rows = [("N82001", number, None, str(1234567890 + place)) for place, number in enumerate(nhs_numbers(30))]
    connection.executemany("insert into staged values (?, ?, ?, ?)", rows)
    columns = ["code", "record", "note", "id"]
    assert nhs_numbers_in(connection, "staged", columns) == ["column record holds NHS numbers (30 of 30 values)"]
    connection.execute("update staged set record = null, note = 'seen; NHS no. 943 476 5919' where code = 'N82001'")
    assert nhs_numbers_in(connection, "staged", columns) == ["column note names NHS numbers in 30 value(s)"]


def test_suites_of_rows_about_patients_show_nothing_of_a_patient() -> None:
    about_a_patient = {"der_pseudo_nhs_number", "generated_record_id", "unique_cds_identifier", "age", "sex"}
    for contract in load_contracts().values():
        if contract.identifiable:
            suite = load_suite(contract.dataset, "rows")
            assert suite.redact_all_but is not None, contract.dataset
            shown = set(suite.redact_all_but)
            assert not {name for name in shown if name in about_a_patient or name.endswith("_ident")}, contract.dataset
