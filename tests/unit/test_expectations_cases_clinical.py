"""Good searches, QOF tables and deprivation scores in small, and for each check of gate 2 the SQL that breaks it."""

from __future__ import annotations

import duckdb

from tests.unit.test_expectations_cases_feeds import (
    A_FEW,
    DOUBLED,
    FEWER,
    NO_REGISTER,
    PRACTICES,
    UNKNOWN_MANY,
    Rows,
    make_context,
    make_feed,
    nulls,
    set_row,
)  # fmt: skip

SEARCH_ROWS: Rows = [
    {
        "practice_code": practice, "search_id": search, "search_version": "2.0", "as_at": "2017-06-30",
        "run_at": "2017-07-04 02:00:00", "population": 8000, "numerator": found, "denominator": of, "excluded": 1,
        "males": found // 2, "females": found - found // 2,
    }
    for practice in PRACTICES
    for search, found, of in (("INR4M", 96, 100), ("HYP", 1100, 8000))
]  # fmt: skip
PREVALENCE_ROWS: Rows = [
    {
        "practice_code": practice, "group_code": group, "register": register, "patient_list_type": kind,
        "practice_list_size": size,
    }
    for practice in PRACTICES
    for group, register, kind, size in (
        ("HYP", 1100, "TOTAL", 8000), ("CHD", 270, "TOTAL", 8000), ("DM", 400, "17OV", 6500), ("OST", 9, "50OV", 2500)
    )
]  # fmt: skip
ACHIEVEMENT_ROWS: Rows = [
    {"practice_code": practice, "indicator_code": indicator, "measure": measure, "value": value}
    for practice in PRACTICES
    for indicator, measure, value in (
        *(("AF007", "NUMERATOR", 80), ("AF007", "DENOMINATOR", 100), ("AF007", "REGISTER", 110)),
        *(("AF007", "ACHIEVED_POINTS", 11.73), ("CVD-PP001", "ACHIEVED_POINTS", 9.2)),
    )
]
DEPRIVATION_ROWS: Rows = [
    {"indicator_id": 93553, "imd_year": f"{edition}-01-01", "practice_code": practice, "imd_score": 25.07512244}
    for practice in PRACTICES
    for edition in (2010, 2015)
]
# What the dataset had in the period before, and the period of the good file.
BEFORE: dict[str, Rows] = {
    "gp_search": [{**row, "as_at": "2017-03-31", "run_at": "2017-04-04 02:00:00"} for row in SEARCH_ROWS],
    "qof_prevalence": PREVALENCE_ROWS,
    "qof_achievement": ACHIEVEMENT_ROWS,
}
GOOD: dict[str, tuple[str, Rows]] = {
    "gp_search": ("2017-06-01", SEARCH_ROWS),
    "qof_prevalence": ("2018-03-01", PREVALENCE_ROWS),
    "qof_achievement": ("2018-03-01", ACHIEVEMENT_ROWS),
    "practice_deprivation": ("2015-01-01", DEPRIVATION_ROWS),
}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset."""
    period, rows = GOOD[dataset]
    make_feed(connection, dataset, "staged", period, rows)
    if dataset in BEFORE:
        make_feed(connection, dataset, "previous", "2017-03-01", BEFORE[dataset])
    make_context(connection, PRACTICES, {"practices": 30})


_REGISTER = {"practices_in_register": UNKNOWN_MANY, "practices_few_unknown": NO_REGISTER}
_PRACTICE = {"practice_code_shape": set_row("practice_code", "'10001'"), "key_unique": DOUBLED, **_REGISTER}
_FEWER = {
    "practices_lost": FEWER.format(code="practice_code"),
    "practices_fewer": A_FEW.format(code="practice_code"),
}
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("gp_search", "rows"): {
        **nulls("practice_code", "search_id", "search_version", "as_at", "run_at"),
        **nulls("population", "numerator", "denominator"),
        **_PRACTICE,
        "search_id_shape": set_row("search_id", "'inr4m'"),
        **{
            f"{column}_not_negative": set_row(column, "-1")
            for column in ("population", "numerator", "denominator", "excluded", "males", "females")
        },
        "numerator_within_denominator": set_row("numerator", "101"),
        "denominator_within_population": set_row("denominator", "8001"),
        "sexes_within_numerator": set_row("males", "90"),
        "run_after_its_day": set_row("run_at", "timestamp '2017-06-29 23:00:00'"),
        "one_population": set_row("population", "80000"),
        "one_digit_more": (
            "update staged set numerator = 3636, denominator = 3800 where source_row = 1;"
            "update previous set numerator = 33, denominator = 38 where source_row = 1"
        ),
        "version_not_older": set_row("search_version", "'1.9'"),
    },
    ("qof_prevalence", "rows"): {
        **nulls("practice_code", "group_code", "register", "patient_list_type", "practice_list_size"),
        **_PRACTICE,
        **_FEWER,
        "group_code_known": set_row("group_code", "'Hypertension'"),
        "patient_list_type_shape": set_row("patient_list_type", "'17+'"),
        "register_not_negative": set_row("register", "-1"),
        "practice_list_size_not_negative": set_row("practice_list_size", "-1"),
        "registers_within_lists": set_row("register", "8001"),
        "register_above_list": (
            "insert into staged select staged.* replace (source_row + number * 100 as source_row) "
            "from staged, range(1, 40) as copies (number);"
            + set_row("register", "8001")
        ),
        "one_list_size": set_row("practice_list_size", "800"),
        "lists_nested": "update staged set practice_list_size = 6501 where source_row = 4",
        "one_digit_more": (
            "update staged set register = 3636 where source_row = 3;"
            "update previous set register = 33 where source_row = 3"
        ),
    },
    ("qof_achievement", "rows"): {
        **nulls("practice_code", "indicator_code", "measure", "value"),
        **_PRACTICE,
        **_FEWER,
        "indicator_code_shape": set_row("indicator_code", "'AF7'"),
        "measure_shape": set_row("measure", "'80'"),
        "value_not_negative": set_row("value", "-1"),
        "patients_are_whole": set_row("value", "0.8"),
        "numerator_has_denominator": "delete from staged where source_row = 2",
        "numerator_within_denominator": set_row("value", "101"),
        "points_of_practice": "update staged set value = 636 where source_row = 4",
        "one_digit_more": (
            "update staged set value = 3636 where source_row = 2; update previous set value = 33 where source_row = 2"
        ),
    },
    ("practice_deprivation", "rows"): {
        **nulls("indicator_id", "imd_year", "practice_code", "imd_score"),
        **_PRACTICE,
        "one_indicator": set_row("indicator_id", "93554"),
        "imd_score_in_range": set_row("imd_score", "2507"),
        "editions_whole": "delete from staged where imd_year = date '2010-01-01' and practice_code > 'A10010'",
    },
}  # fmt: skip
