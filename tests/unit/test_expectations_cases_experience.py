"""Good feeds of experience and access in small, and for each of their checks of gate 2 the SQL that breaks it."""

from __future__ import annotations

import duckdb

from tests.unit.test_expectations_cases_feeds import (
    DOUBLED,
    NO_REGISTER,
    PRACTICES,
    UNKNOWN_MANY,
    Rows,
    make_context,
    make_feed,
    nulls,
    set_row,
)

PERIOD = "2017-09-01"
SURVEY_ROWS: Rows = [
    {
        "practice_code": practice, "distributed": 250, "received": 100, "q3_1": 30, "q3_2": 40, "q3_12": 70,
        "q3base": 100, "q12_1": 60, "q12_2": 20, "q12_3": 10, "q12base": 95, "q15_1": 40, "q15_2": 35, "q15_12": 75,
        "q15base": 80, "q18_1": 30, "q18_2": 41, "q18_12": 71, "q18_12pct": 0.7474, "q18base": 95,
        "period": "2017-03-01",
    }
    for practice in [*PRACTICES, "99A"]
]  # fmt: skip
FFT_ROWS: Rows = [
    {
        "practice_code": practice, "responses": 40, "extremely_likely": 30, "likely": 6, "neither": 1, "unlikely": 1,
        "extremely_unlikely": 1, "dont_know": 1, "percent_recommended": "90%",
    }
    for practice in PRACTICES
]  # fmt: skip
SUBMISSION_ROWS: Rows = [
    {"practice_code": practice, "return_month": PERIOD, "submitted_on": "2017-10-11", "responses": 40}
    for practice in PRACTICES
]
APPOINTMENT_ROWS: Rows = [
    {
        "practice_code": practice, "appointment_from": PERIOD, "hcp_type": hcp, "appt_mode": "Face-to-Face",
        "national_category": "General Consultation Routine", "time_between_book_and_appt": "Same Day",
        "appt_status": "Attended", "count_of_appointments": 500,
    }
    for practice in PRACTICES
    for hcp in ("GP", "Other Practice staff")
]  # fmt: skip
COMMISSIONER_ROWS: Rows = [
    {
        "commissioner_code": "99A", "appointment_from": PERIOD, "appt_status": status, "hcp_type": hcp,
        "appt_mode": "Telephone", "time_between_book_and_appt": "15  to 21 Days", "count_of_appointments": count,
    }
    for status, count in (("Attended", 9_500), ("DNA", 500), ("Unknown", 600))
    for hcp in ("GP", "Other Practice staff")
]  # fmt: skip
RATING_ROWS: Rows = [
    {
        "location_id": f"1-{number}", "location_ods_code": practice, "location_name": "Surgery",
        "inspection_category": "GP Practices", "service_population_group": "Overall", "domain": domain,
        "latest_rating": "Good", "publication_date": "2017-06-30", "report_type": "Location", "inherited_rating": "N",
    }
    for number, practice in enumerate(PRACTICES)
    for domain in ("Overall", "Safe")
]  # fmt: skip
REFERRAL_ROWS: Rows = [
    {"practice_code": practice, "referral_month": PERIOD, "referrals_ers": 60, "referrals_all": 100}
    for practice in PRACTICES
]
GOOD: dict[str, tuple[Rows, dict[str, float]]] = {
    "gp_patient_survey": (SURVEY_ROWS, {}),
    "friends_and_family": (FFT_ROWS, {"rows": 30, "practices": 30, "responses": 1200}),
    "friends_and_family_submission": (SUBMISSION_ROWS, {"rows": 30, "practices": 30}),
    "gp_appointments": (APPOINTMENT_ROWS, {"rows": 60, "practices": 30, "count_of_appointments": 30_000}),
    "gp_appointments_commissioner": (COMMISSIONER_ROWS, {"count_of_appointments": 21_200}),
    "cqc_rating": (RATING_ROWS, {"rows": 60}),
    "ers_referrals": (
        REFERRAL_ROWS,
        {"rows": 30, "practices": 30, "referrals_ers": 1_800, "referrals_all": 3_000},
    ),
}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset; the survey has one wave before it."""
    rows, history = GOOD[dataset]
    make_feed(connection, dataset, "staged", PERIOD, rows)
    make_context(connection, PRACTICES, history)
    if dataset == "gp_patient_survey":
        connection.execute(
            "insert into history values ('2016-03-01', 'rows', 31), ('2016-03-01', 'practices', 31),"
            " ('2016-03-01', 'distributed', 7750), ('2016-03-01', 'received', 3200)"
        )


def _shared(measure: str, column: str = "practice_code") -> dict[str, str]:
    """Breaks of the checks against history and register that these feeds share; ten times the figures is one digit."""
    return {
        "volume_far_from_history": f"update history set value = value / 10 where measure = '{measure}'",
        "practices_lost": f"delete from staged where {column} <= 'A10020'",
        "practices_in_register": UNKNOWN_MANY,
        "practices_few_unknown": NO_REGISTER,
    }


_NOT_THERE = "update staged set {0} = null"
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("gp_patient_survey", "rows"): {
        **nulls("practice_code", "distributed", "received"),
        **_shared("received"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'7.7E+14'"),
        "received_within_distributed": set_row("received", "251"),
        "answers_within_base": set_row("q18_12", "96"),
        "parts_add_up": set_row("q3_1", "31"),
        "share_recomputes": set_row("q18_12pct", "0.71"),
        "question_columns_there": "update staged set period = '2018-03-01'",
        "access_columns_there": _NOT_THERE.format("q12base"),
        "overall_plausible": "update staged set q18_12 = 20",
    },
    ("friends_and_family", "rows"): {
        **nulls("practice_code"),
        **_shared("responses"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'7.7E+14'"),
        **{
            f"{column}_not_negative": set_row(column, "-1")
            for column in (
                *("responses", "extremely_likely", "likely", "neither", "unlikely", "extremely_unlikely", "dont_know"),
            )
        },
        "answers_add_up": set_row("likely", "7"),
        "nothing_sent_has_no_answers": set_row("responses", "null"),
        "percent_recomputes": set_row("percent_recommended", "'75%'"),
        "one_digit_too_many": set_row("responses", "3636"),
    },
    ("friends_and_family_submission", "rows"): {
        **nulls("practice_code", "return_month"),
        **_shared("rows"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "submitted_in_its_time": set_row("submitted_on", "date '2017-08-31'"),
        "responses_not_negative": set_row("responses", "-1"),
        "responses_have_a_day": set_row("submitted_on", "null"),
        "somebody_submitted": _NOT_THERE.format("submitted_on"),
    },
    ("gp_appointments", "rows"): {
        **nulls("practice_code", "appointment_from", "hcp_type", "appt_mode", "count_of_appointments"),
        **_shared("count_of_appointments"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "count_of_appointments_not_negative": set_row("count_of_appointments", "-500"),
        "hcp_type_known": set_row("hcp_type", "'Paramedic'"),
        "appt_mode_known": set_row("appt_mode", "'Letter'"),
        "appt_status_known": set_row("appt_status", "'Cancelled'"),
        "gp_share_plausible": "update staged set hcp_type = 'Other Practice staff'",
        "one_digit_too_many": set_row("count_of_appointments", "50000"),
    },
    ("gp_appointments_commissioner", "rows"): {
        **nulls(
            *("commissioner_code", "appointment_from", "appt_status", "hcp_type", "appt_mode"),
            *("time_between_book_and_appt", "count_of_appointments"),
        ),
        "key_unique": DOUBLED,
        "commissioner_code_shape": set_row("commissioner_code", "'NHS LIVERPOOL'"),
        "count_of_appointments_not_negative": set_row("count_of_appointments", "-500"),
        "hcp_type_known": set_row("hcp_type", "'Paramedic'"),
        "appt_mode_known": set_row("appt_mode", "'Letter'"),
        "time_between_book_and_appt_known": set_row("time_between_book_and_appt", "'Soon'"),
        "appt_status_known": set_row("appt_status", "'Cancelled'"),
        "missed_share_plausible": "delete from staged where appt_status = 'DNA'",
        "volume_far_from_history": "update history set value = value / 10",
    },
    ("cqc_rating", "rows"): {
        **nulls("location_id", "location_name", "service_population_group", "domain"),
        "key_unique": DOUBLED,
        "location_ods_code_shape": set_row("location_ods_code", "'1.00E+05'"),
        "latest_rating_known": set_row("latest_rating", "'Satisfactory'"),
        "inherited_rating_known": set_row("inherited_rating", "'Location'"),
        "published_by_then": set_row("publication_date", "date '2017-10-01'"),
        "overall_is_there": "delete from staged where domain = 'Overall'",
        "rating_has_its_day": set_row("publication_date", "null"),
        "volume_far_from_history": "update history set value = value / 10",
        "practices_few_unknown": NO_REGISTER,
    },
    ("ers_referrals", "rows"): {
        **nulls("practice_code", "referral_month", "referrals_ers", "referrals_all"),
        **_shared("referrals_all"),
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "referrals_ers_not_negative": set_row("referrals_ers", "-1"),
        "referrals_all_not_negative": set_row("referrals_all", "-1"),
        "electronic_within_all": set_row("referrals_ers", "101"),
        "electronic_within_all_whole": "update staged set referrals_ers = 100, referrals_all = 60",
        "one_digit_too_many": set_row("referrals_all", "10000"),
    },
}
