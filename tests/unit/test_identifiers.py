"""What identifies a patient is found, whatever it is called; what merely looks alike is not."""

import hashlib
import zlib
from datetime import date, datetime, timedelta

import duckdb
import pytest

from expectations.suites import load_suite
from sources.contracts import load_contracts
from sources.identifiers import (
    TextScan,
    are_many,
    are_no_chance,
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
    for text in ("943.476.5919", "943_476_5919", "943\u2013476\u20135919", "943\u202f476\u202f5919"):
        assert redacted(f"visits_2017-04_{text}.csv") == "visits_2017-04_(hidden).csv"
    assert redacted("SEM_OPA_201718_M02_20170719.csv") == "SEM_OPA_201718_M02_20170719.csv"


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


@pytest.mark.parametrize(
    ("valid", "shaped", "is_found"),
    [(4, 4, False), (5, 5, True), (5, 6, False), (5, 15, False), (8, 15, False), (9, 15, True), (19, 60, False),
     (20, 60, True), (20, 61, False), (21, 61, True)],
)  # fmt: skip
def test_of_few_numbers_in_long_values_more_must_be_valid(valid: int, shaped: int, is_found: bool) -> None:
    assert are_no_chance(valid, shaped) is is_found


def test_of_shorter_values_five_and_a_third_are_enough() -> None:
    """Nobody's keys are so long that chance makes ten digits of them."""
    assert are_many(5, 15) and not are_many(4, 4) and not are_many(5, 16)
    real, other = nhs_numbers(8), [f"{1234567890 + 7919 * number}" for number in range(7)]
    rows = [[f"Ref {number}"] for number in (*real, *other)] + [[f"K{number}"] for number in range(20)]
    assert columns_of_nhs_numbers(rows) == [1]
    with duckdb.connect() as connection:
        connection.execute("create table notes as select unnest(?) as said", [[said for [said] in rows]])
        assert nhs_numbers_in(connection, "notes", ["said"]) != []


def test_a_file_of_pseudonyms_has_no_numbers_in_it() -> None:
    """A third of those that begin with ten digits are valid in files 257 and 290, by chance."""
    for file in range(250, 300):
        rows = [[hashlib.md5(f"{file} {number}".encode()).hexdigest()] for number in range(1_500)]
        assert columns_of_nhs_numbers(rows) == [], file


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
        ("Mrs A (943.476.5919) was seen\n", True),
        ("Mrs A, 943\u2013476\u20135919, was seen\n", True),
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


BESIDE = (
    *("{0}-1", "{0}001", "{0}20170403", "{0}/1", "{0}A", "({0})", "P{0}", "{0}.0", "OP{0}.0", "20170403{0}"),
    *("{1}.{2}.{3}", "{1}\u2013{2}\u2013{3}", "{1}\u202f{2}\u202f{3}", "P {1} {2} {3}", "{0}" + "ab" * 16),
)


def written(way: str, numbers: list[str]) -> list[str]:
    return [way.format(number, number[:3], number[3:6], number[6:]) for number in numbers]


def found_in(values: list[str], providers: list[str] | None = None) -> list[str]:
    connection = duckdb.connect()
    connection.execute(
        "create table staged as select unnest($1::varchar[]) as record, unnest($2::varchar[]) as der_provider_code",
        [values, providers or ["RQ6"] * len(values)],
    )
    return nhs_numbers_in(connection, "staged", ["record", "der_provider_code"])


@pytest.mark.parametrize("way", BESIDE)
def test_numbers_are_found_whatever_stands_beside_them(way: str) -> None:
    values = written(way, nhs_numbers(1000))
    assert found_in(values) == ["column record holds NHS numbers (1,000 of 1,000 values)"]
    assert columns_of_nhs_numbers([["record"], *([value] for value in values)]) == [1]


@pytest.mark.parametrize("way", ["{0}", "{0}-1", "943{0}", "{1}.{2}.{3}"])
def test_numbers_of_one_provider_among_the_keys_of_others_are_found(way: str) -> None:
    keys = [f"{3_000_000_019 + 7919 * number}" for number in range(800)]
    providers = [f"R{number % 40:02}" for number in range(800)] + ["REM"] * 200
    assert found_in(keys, providers[:800]) == []
    assert found_in(keys + written(way, nhs_numbers(200)), providers) != []


NO_NUMBERS = {
    "record of the sample": [f"BO20{12_000_000 + number}" for number in range(3000)],
    "key of the sample": [f"{120_000_000 + number}" for number in range(3000)],
    "md5": [hashlib.md5(str(number).encode()).hexdigest() for number in range(3000)],
    "sha256": [hashlib.sha256(str(number).encode()).hexdigest() for number in range(3000)],
    "days": [f"{date(2016, 4, 1) + timedelta(number):%Y%m%d}00" for number in range(600)],
    "times": [f"{datetime(2017, 4, 1) + timedelta(minutes=7 * number):%Y%m%d%H%M%S}" for number in range(3000)],
    "minutes": [f"{datetime(2017, 4, 1) + timedelta(minutes=number):%Y%m%d%H%M}" for number in range(3000)],
    "written times": [f"{datetime(2017, 4, 1) + timedelta(minutes=number)}" for number in range(3000)],
    "one valid beginning": [f"9434765919{number:04}" for number in range(3000)],
    "few codes": ["1048071000000103", "1088291000000101", "507291000000100", "94347659190001"] * 500,
    "decimals": [f"{number / 7:.9f}" for number in range(3000)],
}


@pytest.mark.parametrize("name", NO_NUMBERS)
def test_keys_dates_and_pseudonyms_are_no_numbers(name: str) -> None:
    values = NO_NUMBERS[name]
    assert found_in(values) == []
    assert found_in(values, [f"R{number % 150:02}" for number in range(len(values))]) == []
    assert columns_of_nhs_numbers([["record"], *([value] for value in values)]) == []


@pytest.mark.parametrize(
    "way", ["{}", *(pytest.param(way, marks=pytest.mark.slow) for way in ("BO{}", "{}01", "{}-1"))]
)
@pytest.mark.parametrize("step", [1, 2, 3, 5, 7, 8, 10, 11, 13, 97, 100, 1000])
def test_keys_that_count_up_are_no_numbers_wherever_they_begin(way: str, step: int) -> None:
    for start in range(11):
        values = [way.format(2_012_345_600 + start + step * number) for number in range(400)]
        assert found_in(values, [f"R{number * 20 // 400:02}" for number in range(400)]) == [], start
        assert columns_of_nhs_numbers([[value] for value in values]) == [], start


def test_chance_in_many_small_providers_is_no_finding() -> None:
    values = [str(3_000_000_000 + zlib.crc32(str(number).encode())) for number in range(6000)]
    assert found_in(values, [f"R{number // 15:03}" for number in range(6000)]) == []


def test_suites_of_rows_about_patients_show_nothing_of_a_patient() -> None:
    about_a_patient = {"der_pseudo_nhs_number", "generated_record_id", "unique_cds_identifier", "age", "sex"}
    for contract in load_contracts().values():
        if contract.identifiable:
            suite = load_suite(contract.dataset, "rows")
            assert suite.redact_all_but is not None, contract.dataset
            shown = set(suite.redact_all_but)
            assert not {name for name in shown if name in about_a_patient or name.endswith("_ident")}, contract.dataset
