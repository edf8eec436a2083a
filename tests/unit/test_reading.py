"""Recognition, typing and periods: what a file is, what its rows hold, and the sentences when they do not fit."""

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from sources.contracts import load_contracts
from sources.headers import name_in_file
from sources.opening import Member
from sources.reader import periods_of, read_members
from sources.recognition import recognise
from tests.unit.activity_feed import CONTRACT as ACTIVITY
from tests.unit.activity_feed import HEADER as ACTIVITY_HEADER
from tests.unit.activity_feed import row as activity_row

EPD = load_contracts()["epd"].layouts[0]
HEADER = [names[0] for names in EPD.names.values()]
SNOMED_HEADER = [names[0] for names in load_contracts()["epd"].layouts[1].names.values()]
VALUES = {
    "YEAR_MONTH": "201704",
    "PRACTICE_CODE": "N82001",
    "BNF_CODE": "0501013B0AAABAB",
    "QUANTITY": "21",
    "ITEMS": "2",
    "TOTAL_QUANTITY": "42",
    "NIC": "3.10",
    "ACTUAL_COST": "2.91234",
    "UNIDENTIFIED": "N",
}


def epd_row(**changes: str) -> str:
    return ",".join({**VALUES, **changes}.get(name, "") for name in HEADER)


def member_of(tmp_path: Path, text: str, name: str = "EPD_201704.csv") -> Member:
    path = tmp_path / "member.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return Member(name, path, len(text), "utf-8")


def read(tmp_path: Path, *rows: str, name: str = "EPD_201704.csv", header: list[str] | None = None):
    member = member_of(tmp_path, "\n".join([",".join(header or HEADER), *rows]) + "\n", name)
    found = recognise(member, load_contracts().values())
    assert found.problem is None
    assert found.contract is not None
    connection = duckdb.connect()
    return connection, found.contract, read_members(connection, found.contract, [(member, found)])


def test_money_keeps_its_five_decimals_and_text_is_trimmed(tmp_path: Path) -> None:
    connection, _, result = read(tmp_path, epd_row(PRACTICE_CODE=" N82001 "))
    assert (result.rows_read, result.rows_quarantined) == (1, 0)
    [row] = connection.execute(
        "select practice_code, items, actual_cost, pco_code, source_row, year_month from staged"
    ).fetchall()
    assert row == ("N82001", 2, Decimal("2.91234"), None, 2, date(2017, 4, 1))


@pytest.mark.parametrize("month", ["2017_04", "201704", "2017-04"])
def test_every_way_of_writing_a_month(tmp_path: Path, month: str) -> None:
    connection, contract, _ = read(tmp_path, epd_row(YEAR_MONTH=month))
    assert periods_of(connection, contract, "EPD_201704.csv", None, date(2017, 7, 1)) == ([date(2017, 4, 1)], None)


def test_the_same_name_means_the_code_before_2025_and_the_name_since(tmp_path: Path) -> None:
    old = recognise(member_of(tmp_path, ",".join(HEADER) + "\n" + epd_row() + "\n"), load_contracts().values())
    new = recognise(member_of(tmp_path, ",".join(SNOMED_HEADER) + "\n"), load_contracts().values())
    assert old.layout is not None
    assert old.layout.name == "bnf_26"
    assert old.columns[HEADER.index("BNF_CHEMICAL_SUBSTANCE")] == "chemical_substance_code"
    assert new.layout is not None
    assert new.layout.name == "snomed_27"
    assert new.columns[SNOMED_HEADER.index("BNF_CHEMICAL_SUBSTANCE")] == "chemical_substance_name"


@pytest.mark.parametrize("alias", ["AREA_TEAM", "STP", "ICB"])
def test_aliases_of_the_area_columns(tmp_path: Path, alias: str) -> None:
    header = [name.replace("ICB_", f"{alias}_") for name in HEADER]
    _, _, result = read(tmp_path, epd_row(), header=header)
    assert result.rows_read == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ITEMS": "1.5"}, "row 3, column ITEMS: expected a whole number, found 1.5"),
        ({"ITEMS": ""}, "column ITEMS: expected a whole number, found nothing"),
        ({"NIC": "1,5"}, None),
        ({"NIC": "7.7E+14"}, "column NIC: expected an amount with at most 5 decimals, found 7.7E+14"),
        ({"ACTUAL_COST": "1.123456"}, "column ACTUAL_COST: expected an amount with at most 5 decimals"),
        ({"YEAR_MONTH": "April"}, "column YEAR_MONTH: expected a month like 2017-04, found April"),
        ({"YEAR_MONTH": "201713"}, "column YEAR_MONTH"),
        ({"PRACTICE_CODE": "  "}, "column PRACTICE_CODE: expected a value, found nothing"),
    ],
)
def test_a_row_that_does_not_fit_is_set_aside_with_its_reason(
    tmp_path: Path, change: dict[str, str], reason: str | None
) -> None:
    connection, _, result = read(tmp_path, epd_row(), epd_row(**change))
    if reason is None:  # a comma inside an amount makes one cell too many
        assert result.shape_problem is not None
        assert "EPD_201704.csv, row 3" in result.shape_problem
        assert "27 columns, 26 expected" in result.shape_problem
        assert "(mostly a comma) without quotation marks does this, or damage: ask" in result.shape_problem
        return
    assert (result.rows_read, result.rows_quarantined) == (2, 1)
    assert connection.execute("select count(*) from staged").fetchall() == [(1,)]
    assert result.quarantine_problem is not None
    assert reason in " ".join(result.quarantine_examples)


@pytest.mark.parametrize("value", ["+3", "-3", "003"])
def test_whole_numbers_as_suppliers_write_them(tmp_path: Path, value: str) -> None:
    connection, _, _ = read(tmp_path, epd_row(ITEMS=value))
    assert connection.execute("select items from staged").fetchall() == [(int(value),)]


def test_a_row_that_breaks_off_names_its_row(tmp_path: Path) -> None:
    _, _, result = read(tmp_path, epd_row(), epd_row()[:30])
    assert result.shape_problem is not None
    assert "EPD_201704.csv, row 3" in result.shape_problem
    assert "26 expected" in result.shape_problem


def test_sentences_name_a_column_as_the_file_does_and_ours_in_brackets(tmp_path: Path) -> None:
    """Of a file that was cut: whoever looks for our name in its header does not find it."""
    cut = ",".join(epd_row().split(",")[: HEADER.index("BNF_CHEMICAL_SUBSTANCE")])
    _, _, result = read(tmp_path, epd_row(), cut)
    assert "at column BNF_CHEMICAL_SUBSTANCE (chemical_substance_code): has " in (result.shape_problem or "")
    assert name_in_file("nic", ["items", "nic"], ["Items", "NIC (GBP)"]) == "NIC (GBP) (nic)"
    assert name_in_file("items", ["items", None], ["Items", "Items"]) == "Items"
    assert name_in_file("items", ["items"], []) == name_in_file("items", ["nic"], ["NIC"]) == "items"


@pytest.mark.parametrize(
    "name",
    [
        "EPD_201705.csv",
        "EPD May 2017.csv",
        "20170531-EPD-May-2017-full.csv",
        "EPD-May17.csv",
        "EPD_201705_02.csv",
        "EPD_v2_May_2017.csv",
    ],
)
def test_a_month_in_the_name_that_the_rows_contradict(name: str, tmp_path: Path) -> None:
    connection, contract, _ = read(tmp_path, epd_row())
    _, problem = periods_of(connection, contract, name, None, date(2017, 8, 1), named="MONTH ({})".format)
    assert problem is not None
    assert "row 2, column MONTH (year_month): its name says" in problem
    assert "its name says 2017-05 but the rows are of 2017-04" in problem


@pytest.mark.parametrize(
    "name",
    [
        *("EPD_20170814.csv", "EPD_2017-08-14.csv", "EPD_exported_14.08.2017.csv", "EPD 14-8-2017.csv"),
        *("EPD_3_July_2017.csv", "EPD 3rd July 2017.csv", "EPD-April-2017-sent-2017-07.csv", "EPD.csv"),
        *("EPD_May_18_2017.csv", "EPD May 3rd, 2017.csv", "EPD v2_April_2017.csv"),
        *("EPD April 17.csv", "EPD-Apr17-made-2017-08-14.csv", "EPD_Marchfield_201704.csv"),
    ],
)
def test_a_day_in_the_name_may_be_that_on_which_it_was_made(name: str, tmp_path: Path) -> None:
    connection, contract, _ = read(tmp_path, epd_row())
    assert periods_of(connection, contract, name, None, date(2017, 8, 1)) == ([date(2017, 4, 1)], None)


def test_of_several_months_in_a_name_the_rows_are_of_one(tmp_path: Path) -> None:
    connection, contract, _ = read(tmp_path, epd_row())
    name = "EPD-May-2017-revised-Dec-2017.csv"
    _, problem = periods_of(connection, contract, name, None, date(2017, 8, 1))
    assert problem is not None and "its name says 2017-05 and 2017-12 but the rows are of 2017-04" in problem


def test_two_months_in_one_file_are_refused_with_the_row_of_the_stray(tmp_path: Path) -> None:
    connection, contract, _ = read(tmp_path, epd_row(), epd_row(), epd_row(YEAR_MONTH="201705"))
    _, problem = periods_of(connection, contract, "EPD_201704.csv", None, date(2017, 8, 1))
    assert problem is not None
    assert "2017-05 (1 rows, first at row 4)" in problem


def test_a_month_after_its_receipt_is_refused(tmp_path: Path) -> None:
    connection, contract, _ = read(tmp_path, epd_row())
    _, problem = periods_of(connection, contract, "EPD_201704.csv", None, date(2017, 3, 31))
    assert problem is not None
    assert "is after the month of receipt" in problem


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ([name for name in HEADER if name != "ITEMS"], "column ITEMS is missing"),
        ([*HEADER, "EXTRA"], "column 27 (EXTRA) is not in the contract"),
        ([name if name != "ITEMS" else "ITMS" for name in HEADER], "column 21 (ITMS) is not in the contract"),
        ([*HEADER[:-1], "NIC"], "column NIC appears 2 times"),
    ],
)
def test_header_problems_name_the_column(tmp_path: Path, header: list[str], said: str) -> None:
    found = recognise(member_of(tmp_path, ",".join(header) + "\n" + epd_row() + "\n"), load_contracts().values())
    assert found.contract is not None
    assert found.contract.dataset == "epd"
    assert found.problem is not None
    assert "EPD_201704.csv, row 1 (header)" in found.problem
    assert said in found.problem


def test_another_dataset_under_this_name_is_refused(tmp_path: Path) -> None:
    header = "PUBLICATION,EXTRACT_DATE,ORG_TYPE,ORG_CODE,ONS_CODE,POSTCODE,SEX,AGE_GROUP_5,NUMBER_OF_PATIENTS\n"
    found = recognise(member_of(tmp_path, header + "P,01APR2017,GP,N82001,,,ALL,ALL,5\n"), load_contracts().values())
    assert found.problem is not None
    assert "named like epd" in found.problem
    assert "gp_list_quin_age" in found.problem


def test_a_register_needs_no_header_and_both_vocabularies_load(tmp_path: Path) -> None:
    for status, setting in (("A", "4"), ("ACTIVE", "RO177;RO76")):
        row = ["N82001", "PRACTICE", *[""] * 8, "19740401", "", status, "B", "99A", "20130401", *[""] * 9, setting, ""]
        text = ",".join(f'"{cell}"' for cell in row) + "\n"
        found = recognise(member_of(tmp_path, text * 3, "epraccur.csv"), load_contracts().values())
        assert found.problem is None
        assert found.contract is not None
        assert found.contract.dataset == "epraccur"


def test_rows_of_a_large_file_keep_their_numbers(tmp_path: Path) -> None:
    rows = [epd_row(QUANTITY=str(number), TOTAL_QUANTITY=str(number * 2)) for number in range(1, 20001)]
    connection, _, result = read(tmp_path, *rows)
    assert result.rows_read == 20000
    assert connection.execute(
        "select count(*) from staged where source_row <> cast(quantity as bigint) + 1"
    ).fetchall() == [(0,)]


def activity(tmp_path: Path, header: str, *rows: str):
    member = member_of(tmp_path, "\n".join([header, *rows]) + "\n", "ACTIVITY.csv")
    found = recognise(member, [ACTIVITY])
    assert found.problem is None
    connection = duckdb.connect()
    return connection, read_members(connection, ACTIVITY, [(member, found)])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-07-19", datetime(2017, 7, 19)),
        ("2017-07-19 06:05", datetime(2017, 7, 19, 6, 5)),
        ("2017-07-19 06:05:59", datetime(2017, 7, 19, 6, 5, 59)),
        ("2017-07-19T23:59:00.0000000", datetime(2017, 7, 19, 23, 59)),
        (" 2017-07-19T06:05 ", datetime(2017, 7, 19, 6, 5)),
        ("2017-07-19 06:05:59.1234567", datetime(2017, 7, 19, 6, 5, 59, 123456)),
        ("2017-07-19 06:05:59.", None),
        ("2017-07-19 24:00:00", None),
        ("2017-07-19 6:05", None),
        ("2017-02-29 06:05", None),
        ("19/07/2017 06:05", None),
        ("2017-07-19 06:05Z", None),
        ("20170719", None),
        ("", None),
    ],
)
def test_every_way_of_writing_a_time_and_no_guess(tmp_path: Path, text: str, moment: datetime | None) -> None:
    connection, result = activity(tmp_path, ACTIVITY_HEADER, activity_row(extract=text))
    found = connection.execute("select extract_date_time from staged").fetchall()
    assert found == ([(moment,)] if moment else [])
    if moment is None:
        expected = "column Extract_Date_Time: expected a time like 2017-07-19 06:00, found"
        assert expected in result.quarantine_examples[0]


@pytest.mark.parametrize(
    ("text", "day_time"),
    [
        ("09:05", time(9, 5)),
        ("23:59:59", time(23, 59, 59)),
        ("00:00:00.000", time(0)),
        ("9:05", None),
        ("24:00", None),
        ("09.05", None),
        ("0905", time(9, 5)),
    ],
)
def test_every_way_of_writing_a_time_of_day(tmp_path: Path, text: str, day_time: time | None) -> None:
    connection, result = activity(tmp_path, f"{ACTIVITY_HEADER},Arrival_Time", f"{activity_row()},{text}")
    assert connection.execute("select arrival_time from staged").fetchall() == ([(day_time,)] if day_time else [])
    if day_time is None:
        assert f"column Arrival_Time: expected a time of day like 09:05, found {text}" in result.quarantine_examples[0]


def test_optional_columns_may_be_missing_and_others_may_not(tmp_path: Path) -> None:
    connection, _ = activity(tmp_path, ACTIVITY_HEADER.upper(), activity_row())
    assert connection.execute("select arrival_time, gp_practice_code from staged").fetchall() == [(None, None)]
    connection, _ = activity(tmp_path, f"{ACTIVITY_HEADER},gp_practice_code", f"{activity_row()},N82001")
    assert connection.execute("select gp_practice_code from staged").fetchall() == [("N82001",)]
    header = ACTIVITY_HEADER.replace(",Ended_Date", "")
    found = recognise(member_of(tmp_path, f"{header}\n", "ACTIVITY.csv"), [ACTIVITY])
    assert found.problem is not None
    assert "column ENDED_DATE is missing. Expected the 7 columns of activity, layout plain" in found.problem
    assert "(another 4 may be missing)" in found.problem


def test_a_layout_may_not_leave_out_what_must_not_be_null() -> None:
    layout = ACTIVITY.layouts[0].model_dump() | {"optional": ["der_provider_code"]}
    with pytest.raises(ValueError, match="optional columns der_provider_code are not nullable"):
        type(ACTIVITY).model_validate(ACTIVITY.model_dump(by_alias=True) | {"layouts": [layout]})


def test_each_row_is_of_the_month_of_its_first_date_that_is_known(tmp_path: Path) -> None:
    rows = (activity_row(ended="2017-04-30"), activity_row(ended="", extract="2017-06-02"))
    connection, _ = activity(tmp_path, ACTIVITY_HEADER, *rows)
    assert periods_of(connection, ACTIVITY, "ACTIVITY_201712.csv", None, date(2017, 8, 1)) == (
        [date(2017, 4, 1), date(2017, 6, 1)],
        None,
    )
