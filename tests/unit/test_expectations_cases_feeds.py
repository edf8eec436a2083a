"""Good feeds in small, and for each check of gates 1 and 2 the SQL that breaks it."""

from __future__ import annotations

from typing import Any

import duckdb

from expectations.template import sql_literal
from sources.contracts import load_contracts

Rows = list[dict[str, Any]]

FILE_FACTS = """
    create table file_facts (
        file_name varchar, member varchar, byte_count bigint, text_problem varchar, header_problem varchar,
        shape_problem varchar, period_problem varchar, rows_read bigint, rows_quarantined bigint,
        quarantine_problem varchar, encoding varchar, ends_with_newline boolean, identifier_problem varchar,
        is_nil_return boolean, set_aside varchar
    );
    insert into file_facts values
        ('EPD_201709.csv', 'EPD_201709.csv', 1000, null, null, null, null, 10, 0, null, 'utf-8', true, null, false,
         null)
"""


def make_feed(connection: duckdb.DuckDBPyConnection, dataset: str, table: str, period: str, rows: Rows) -> None:
    """A table with the columns of the contract and of provenance; what a row does not give is null."""
    columns = {column.name: column.sql_type for column in load_contracts()[dataset].columns}
    columns |= {"submission_id": "varchar", "source_row": "bigint", "period": "date"}
    connection.execute(f"create table {table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    given = [{"submission_id": "s1", "source_row": place, "period": period} | row for place, row in enumerate(rows, 1)]
    if given:
        values = ", ".join(sql_literal([row.get(name) for name in columns]) for row in given)
        connection.execute(f"insert into {table} values {values}")


def make_context(connection: duckdb.DuckDBPyConnection, practices: list[str], history: dict[str, float]) -> None:
    """The tables beside `staged`: a register that knows the practices, four earlier periods with the totals given."""
    connection.execute(
        "create table register (organisation_code varchar, is_gp_practice boolean, open_date date, close_date date,"
        " commissioner_code varchar)"
    )
    connection.execute("create table history (period date, measure varchar, value decimal(38, 5))")
    for practice in practices:
        connection.execute("insert into register values (?, true, '1974-04-01', null, '99A')", [practice])
    for month in ("2017-05-01", "2017-06-01", "2017-07-01", "2017-08-01"):
        for measure, value in history.items():
            connection.execute("insert into history values (?, ?, ?)", [month, measure, value])


PRACTICES = [f"A100{number:02}" for number in range(1, 31)]
EPD_ROWS: Rows = [
    {
        "year_month": "2017-09-01", "pco_code": "99A00", "practice_code": practice, "bnf_code": bnf, "quantity": 28,
        "items": 10, "total_quantity": 280, "nic": 80, "actual_cost": 75, "unidentified": "N",
    }
    for practice in PRACTICES
    for bnf in ("0501013B0AAAAAA", "0202010B0AAABAB", "20020200804")
]  # fmt: skip
EPACT_ROWS: Rows = [
    {
        "year_month": "2017-09-01", "pco_code": "99A00", "practice_code": practice, "bnf_code": "0501080W0AAAEAE",
        "age_band": band, "items": 10, "total_quantity": 280, "nic": 80, "actual_cost": 75,
    }
    for practice in PRACTICES
    for band in ("5-9", "70-74", "90+")
]  # fmt: skip
BANDS = [f"{age}_{age + 4}" for age in range(0, 95, 5)] + ["95+"]
QUIN_ROWS: Rows = [
    {
        "extract_date": "2017-09-01", "org_type": "GP", "org_code": practice, "sex": sex, "age_group_5": band,
        "number_of_patients": patients,
    }
    for practice in PRACTICES
    for sex, band, patients in [
        ("ALL", "ALL", 8000)]
    + [(sex, band, 4000 if band == "ALL" else 200) for sex in ("MALE", "FEMALE") for band in ("ALL", *BANDS)]
]  # fmt: skip
TOTAL_ROWS: Rows = [
    {
        "extract_date": "2017-09-01", "type": "GP", "code": practice, "sex": "ALL", "age": "ALL",
        "number_of_patients": 8000,
    }
    for practice in PRACTICES
]  # fmt: skip
CARR_ROWS: Rows = [
    {
        "financial_quarter_date": "2017-09-01", "practice_code": practice, "practice_list_size": 8000,
        "practice_normalised_weighted_list_size": 8200,
    }
    for practice in PRACTICES
]  # fmt: skip
NEED_ROWS: Rows = [
    {
        "practice_code": practice, "registered_population": 8000, "weighted_population_general_acute": 8200,
        "weighted_population_prescribing": 8100,
    }
    for practice in PRACTICES
]  # fmt: skip
REGISTER_ROWS: Rows = [
    {
        "organisation_code": practice, "name": "A SURGERY", "open_date": "1974-04-01", "status_code": "A",
        "commissioner_code": "99A", "joined_commissioner_date": "2013-04-01", "prescribing_setting": "4",
    }
    for practice in PRACTICES
]  # fmt: skip
GROUP_ROWS: Rows = [
    {
        "practice_code": practice, "org_type": kind, "org_code": kind[:1].upper(), "org_name": kind,
        "valid_from": "2013-04-01",
    }
    for practice in PRACTICES
    for kind in ("neighbourhood", "locality")
]  # fmt: skip
SUCCESSOR_ROWS: Rows = [
    {"predecessor_code": "A10001", "successor_code": "A10002", "effective_date": "2016-10-01"},
    {"predecessor_code": "A10003", "successor_code": "A10004", "last_month_with_patients": "2016-10-01"},
    {"predecessor_code": "A10005", "successor_code": "A10005", "last_month_with_patients": "2016-10-01"},
]
BNF_ROWS: Rows = [
    {"effective_from": "2017-01-01", "old_code": "0101010F0BDAAAU", "new_code": "0101010F0BDABBE"},
    {"effective_from": None, "old_code": "20020200804", "new_code": "20020200805"},
]

LIST_HISTORY = {
    "rows": len(QUIN_ROWS),
    "practices": 30,
    "number_of_patients": sum(r["number_of_patients"] for r in QUIN_ROWS),
}
RX_HISTORY = {"rows": 90, "practices": 30, "items": 900, "total_quantity": 25200, "nic": 7200, "actual_cost": 6750}
GOOD: dict[str, tuple[Rows, dict[str, float]]] = {
    "epd": (EPD_ROWS, RX_HISTORY),
    "epact2_age_band": (EPACT_ROWS, RX_HISTORY),
    "gp_list_quin_age": (QUIN_ROWS, LIST_HISTORY),
    "gp_list_totals": (TOTAL_ROWS, {"rows": 30, "practices": 30, "number_of_patients": 240000}),
    "carr_hill_list": (
        CARR_ROWS,
        {"rows": 30, "practices": 30, "practice_list_size": 240000, "practice_normalised_weighted_list_size": 246000},
    ),
    "need_weighted_population": (
        NEED_ROWS,
        {
            "rows": 30, "practices": 30, "registered_population": 240000, "weighted_population_general_acute": 246000,
            "weighted_population_prescribing": 243000,
        },
    ),
    "epraccur": (REGISTER_ROWS, {"rows": 30}),
    "practice_groups": (GROUP_ROWS, {}),
    "practice_successors": (SUCCESSOR_ROWS, {}),
    "bnf_code_changes": (BNF_ROWS, {}),
}  # fmt: skip


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset, period September 2017."""
    rows, history = GOOD[dataset]
    make_feed(connection, dataset, "staged", "2017-09-01", rows)
    make_context(connection, PRACTICES, history)


def set_row(column: str, value: str, row: int = 1) -> str:
    """Change one cell."""
    return f"update staged set {column} = {value} where source_row = {row}"


def nulls(*columns: str) -> dict[str, str]:
    """The breaking SQL of the `<column>_present` checks."""
    return {f"{column}_present": set_row(column, "null") for column in columns}


DOUBLED = "insert into staged select * replace (source_row + 1000 as source_row) from staged where source_row = 1"
UNKNOWN_MANY = "delete from register where organisation_code <= 'A10010'"
NO_REGISTER = "delete from register"
FEWER = "delete from staged where {code} <= 'A10009'"
A_FEW = "delete from staged where {code} <= 'A10003'"


def volume(code: str, measure: str) -> dict[str, str]:
    """Breaks of the checks against history and register that the feeds share."""
    return {
        "volume_far_from_history": f"update history set value = value * 4 where measure = '{measure}'",
        "volume_off_history": f"update history set value = value * 1.{{off}} where measure = '{measure}'",
        "practices_lost": FEWER.format(code=code),
        "practices_fewer": A_FEW.format(code=code),
        "practices_in_register": UNKNOWN_MANY,
        "practices_few_unknown": NO_REGISTER,
    }


def lists(code: str, measure: str) -> dict[str, str]:
    """`volume` for feeds whose warning comes early: at five hundredths, so that six are not let pass."""
    return {check: sql.replace("1.{off}", "1.06") for check, sql in volume(code, measure).items()}


BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("file", "file"): {
        "has_content": "update file_facts set byte_count = 0",
        "text_is_readable": "update file_facts set text_problem = 'EPD_201709.csv is an HTML page.'",
        "header_is_known": "update file_facts set header_problem = 'EPD_201709.csv: column ITEMS is missing.'",
        "shape_is_whole": "update file_facts set shape_problem = 'EPD_201709.csv: row 7 has 3 cells, expected 26.'",
        "period_agrees": "update file_facts set period_problem = 'EPD_201709.csv holds 2017-08.'",
        "holds_no_identifiers": "update file_facts set identifier_problem = 'SUS.csv: column x holds NHS numbers.'",
        "quarantine_is_small": "update file_facts set quarantine_problem = '9 of 10 rows are bad.'",
        "has_rows": "update file_facts set rows_read = 0",
        "every_row_fits": "update file_facts set set_aside = 'File EPD_201709.csv: row 7, column nic: expected 1.00.'",
        "last_line_is_whole": "update file_facts set ends_with_newline = false",
    },
    ("epd", "rows"): {
        **nulls("practice_code", "bnf_code", "quantity", "items", "total_quantity", "nic", "actual_cost"),
        **{check: sql.replace("1.{off}", "1.4") for check, sql in volume("practice_code", "items").items()},
        "unidentified_known": set_row("unidentified", "'X'"),
        "adjustments_are_few": "update staged set items = -items where source_row <= 2",
        "month_is_the_period": set_row("year_month", "date '2017-08-01'"),
        "key_unique": DOUBLED,
        "codes_not_scientific": set_row("snomed_code", "'7.74951E+14'"),
        "practice_code_shape": set_row("practice_code", "'10001'"),
        "bnf_code_shape": set_row("bnf_code", "'Amoxicillin'"),
        "quantity_adds_up": set_row("total_quantity", "2800"),
        "quantity_not_negative": set_row("quantity", "-28"),
        "items_plausible": set_row("items", "200000"),
        "cost_follows_nic": set_row("actual_cost", "75000"),
        "signs_agree": set_row("nic", "-80"),
        "unit_price_absurd": set_row("nic", "80000"),
        "unit_price_unusual": set_row("nic", "80 * 60"),
        "cost_per_item_plausible": "update staged set actual_cost = actual_cost * 1000",
        "cost_per_item_against_history": "update history set value = value * 3 where measure = 'actual_cost'",
        "practices_long_closed": "update register set close_date = '2016-12-31' where organisation_code = 'A10001'",
    },
    ("epact2_age_band", "rows"): {
        **nulls("practice_code", "bnf_code", "age_band", "items", "total_quantity", "nic", "actual_cost"),
        **{check: sql.replace("1.{off}", "1.8") for check, sql in volume("practice_code", "items").items()},
        "month_is_the_period": set_row("year_month", "date '2017-08-01'"),
        "key_unique": DOUBLED,
        "age_band_known": set_row("age_band", "'09-May'"),
        "practice_code_shape": set_row("practice_code", "'10001'"),
        "bnf_code_shape": set_row("bnf_code", "'0501'"),
        "items_plausible": set_row("items", "200000"),
        "cost_follows_nic": set_row("actual_cost", "75000"),
        "cost_per_item_plausible": "update staged set nic = nic * 1000",
        "age_mostly_known": "update staged set age_band = 'UNKNOWN' where age_band = '90+'",
    },
    ("gp_list_quin_age", "rows"): {
        **nulls("extract_date", "org_type", "org_code", "sex", "age_group_5", "number_of_patients"),
        **lists("org_code", "number_of_patients"),
        "month_is_the_period": set_row("extract_date", "date '2017-08-01'"),
        "key_unique": DOUBLED,
        "has_practices": "update staged set org_type = 'CCG'",
        "sex_known": set_row("sex", "'M'"),
        "age_known": set_row("age_group_5", "'05-Sep'"),
        "practice_code_shape": set_row("org_code", "'7.7E+4'"),
        "patients_not_negative": set_row("number_of_patients", "-1"),
        "sexes_add_up": set_row("number_of_patients", "8001"),
        "bands_add_up": set_row("number_of_patients", "2000", 5),
        "bands_complete": "delete from staged where source_row = 5",
        "list_not_huge": set_row("number_of_patients", "800000"),
    },
    ("gp_list_totals", "rows"): {
        **nulls("extract_date", "type", "code", "sex", "age", "number_of_patients"),
        **lists("code", "number_of_patients"),
        "month_is_the_period": set_row("extract_date", "date '2017-08-01'"),
        "key_unique": DOUBLED,
        "code_shape": set_row("code", "'99A'"),
        "everybody_is_there": set_row("sex", "'MALE'"),
        "patients_plausible": set_row("number_of_patients", "800000"),
    },
    ("carr_hill_list", "rows"): {
        **nulls(
            "financial_quarter_date", "practice_code", "practice_list_size", "practice_normalised_weighted_list_size"
        ),
        **lists("practice_code", "practice_list_size"),
        "quarter_is_the_period": set_row("financial_quarter_date", "date '2017-06-01'"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "practice_list_size_not_negative": set_row("practice_list_size", "-8000"),
        "weight_plausible": set_row("practice_normalised_weighted_list_size", "82000"),
        "weight_whole_plausible": "update staged set practice_normalised_weighted_list_size = 1",
    },
    ("need_weighted_population", "rows"): {
        **nulls(
            "practice_code",
            "registered_population",
            "weighted_population_general_acute",
            "weighted_population_prescribing",
        ),
        **lists("practice_code", "registered_population"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "registered_population_not_negative": set_row("registered_population", "-8000"),
        "hospital_weight_plausible": set_row("weighted_population_general_acute", "82000"),
        "hospital_weight_whole_plausible": "update staged set weighted_population_general_acute = 1",
        "prescribing_weight_plausible": set_row("weighted_population_prescribing", "81000"),
        "prescribing_weight_whole_plausible": "update staged set weighted_population_prescribing = 1",
    },
    ("epraccur", "rows"): {
        **nulls("organisation_code", "name", "open_date", "status_code"),
        "key_unique": DOUBLED,
        "organisation_code_shape": set_row("organisation_code", "'99A'"),
        "status_known": set_row("status_code", "'OPEN'"),
        "status_of_one_generation": set_row("status_code", "'ACTIVE'"),
        "setting_known": set_row("prescribing_setting", "'B'"),
        "has_gp_practices": "update staged set prescribing_setting = '0'",
        "own_practices_there": "update staged set commissioner_code = '01J'",
        "commissioner_mostly_there": "update staged set commissioner_code = null where source_row < 9",
        "commissioner_code_shape": set_row("commissioner_code", "'NHS LIVERPOOL'"),
        "dates_in_order": set_row("close_date", "date '1970-01-01'"),
        "membership_dates_in_order": set_row("left_commissioner_date", "date '2012-01-01'"),
        "status_agrees_with_dates": set_row("status_code", "'C'"),
        "volume_far_from_history": "update history set value = 100",
        "volume_off_history": "update history set value = 33",
    },
    ("practice_groups", "rows"): {
        **nulls("practice_code", "org_type", "org_code", "org_name", "valid_from"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "org_type_known": set_row("org_type", "'cluster'"),
        "dates_in_order": set_row("valid_to", "date '2012-01-01'"),
        "one_group_a_day": DOUBLED.replace("as source_row)", "as source_row, date '2016-01-01' as valid_from)"),
        "one_name_a_code": set_row("org_name", "'North'"),
        "practices_in_register": UNKNOWN_MANY,
        "practices_few_unknown": NO_REGISTER,
    },
    ("practice_successors", "rows"): {
        **nulls("predecessor_code", "successor_code"),
        "predecessor_code_shape": set_row("predecessor_code", "'99A'"),
        "successor_code_shape": set_row("successor_code", "'99A'"),
        "key_unique": DOUBLED,
        "not_itself": set_row("successor_code", "'A10001'"),
        "has_a_date": set_row("effective_date", "null"),
        "date_plausible": set_row("effective_date", "date '1900-01-01'"),
        "one_successor": DOUBLED.replace("as source_row)", "as source_row, 'A10009' as successor_code)"),
        "no_way_back": set_row("predecessor_code", "'A10004', successor_code = 'A10003'"),
    },
    ("bnf_code_changes", "rows"): {
        **nulls("old_code", "new_code"),
        "old_code_shape": set_row("old_code", "'0101'"),
        "new_code_shape": set_row("new_code", "'0101010F0BDAB'"),
        "new_code_has_digits_first": set_row("new_code", "'Amoxicillin'"),
        "not_itself": set_row("new_code", "old_code"),
        "one_new_code": DOUBLED,
        "no_way_back": "update staged set effective_from = null, old_code = '20020200805', new_code = '20020200804' "
        "where source_row = 1",
        "in_january": set_row("effective_from", "date '2017-04-01'"),
    },
}
