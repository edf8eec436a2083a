"""Good hospital feeds in small, and for each check of their gate 2 the SQL that breaks it."""

from __future__ import annotations

from typing import Any

import duckdb

from tests.unit.test_expectations_cases_feeds import DOUBLED, PRACTICES, Rows, make_context, make_feed, nulls, set_row

PROVIDERS = ("RQ6", "REM")
MONTHS = tuple(f"2017-{month:02}" for month in range(4, 10))


def _rows(**columns: Any) -> Rows:
    """One row for each practice, provider and month; texts may hold {month}, and {n}, the number of the row."""
    keys = [(month, provider, practice) for month in MONTHS for provider in PROVIDERS for practice in PRACTICES]
    given = {
        "extract_date_time": "2017-10-14 18:30:00", "der_pseudo_nhs_number": "{n:064x}", "generated_record_id": "{n}",
        "nhs_number_trace_status": "01", "nhs_number_is_valid": "Y", "age": 40, "tariff_total_payment": 100,
        "tariff_mff_payment": 3.5, "grand_total_payment_mff": 103.5, "administrative_category": "01", **columns,
    }  # fmt: skip
    return [
        {name: value.format(month=month, n=n) if isinstance(value, str) else value for name, value in given.items()}
        | {"der_provider_code": provider, "gp_practice_code": practice, "period": f"{month}-01"}
        for n, (month, provider, practice) in enumerate(keys, start=100_001)
    ]


RECORD = {
    "unique_cds_identifier": "B{n}", "update_type": "9", "report_period_start_date": "{month}-01",
    "report_period_end_date": "{month}-28",
}  # fmt: skip
SPECIALTY = {"treatment_function_code": "320", "main_specialty_code": "320"}
GOOD: dict[str, Rows] = {
    "sus_aea": _rows(
        **RECORD, aea_ident="{n}", aea_department_type="01", aea_attendance_category="1", aea_referral_source="01",
        aea_arrival_mode="2", aea_attendance_disposal="03", aea_investigation_01="06", aea_treatment_01="01",
        arrival_date="{month}-03", arrival_time="09:15:00", sus_hrg_code="VB09Z",
    ),
    "sus_ec": _rows(
        **RECORD, ec_ident="{n}", ec_department_type="01", ec_attendancecategory="1",
        ec_attendance_source_snomed_ct="507291000000100", ec_arrival_mode_snomed_ct="1048071000000103",
        ec_discharge_status_snomed_ct="182992009", ec_discharge_destination_snomed_ct="306689006",
        discharge_follow_up_snomed_ct="3780001", der_ec_investigation_all="1088291000000101, 27171005",
        der_ec_treatment_all="413334001", arrival_date="{month}-03", arrival_time="09:15:00", der_dupe_flag=0,
        finished_indicator="Finished",
    ),
    "sus_apcs": _rows(
        apcs_ident="{n}", admission_method="21", admission_date="{month}-03", discharge_date="{month}-05",
        patient_classification="1", der_diagnosis_all="||J440,I10X||J441", der_procedure_all="||K401", der_spell_los=2,
        **SPECIALTY,
    ),
    "sus_apce": _rows(
        **RECORD, apce_ident="{n}", apcs_ident="S{n}", episode_number=1, episode_start_date="{month}-03",
        episode_end_date="{month}-05", admission_date="{month}-03", discharge_date="{month}-05", admission_method="21",
        primary_diagnosis_code="J440", **SPECIALTY,
    ),
    "sus_opa": _rows(
        **RECORD, opa_ident="{n}", appointment_date="{month}-03", attendance_status="5", first_attendance="1",
        opa_referral_source="03", consultant_code="C1234567", cds_type="020", **SPECIALTY,
    ),
}  # fmt: skip
HISTORY: dict[str, float] = {"rows": len(PROVIDERS) * len(PRACTICES)}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset, six months of two providers."""
    make_feed(connection, dataset, "staged", "2017-04-01", GOOD[dataset])
    make_context(connection, PRACTICES, HISTORY)


ALL = "update staged set {}"
SOME = "update staged set {} where source_row <= 3"
RQ6_APRIL = "der_provider_code = 'RQ6' and period = '2017-04-01'"
COPIES = "insert into staged select staged.* replace ({}) from staged, range({}) as copies (n)"
AGAIN = (
    "insert into staged select * replace (source_row + 1000 as source_row, {ident} || '9' as {ident}) from staged "
    "where source_row {rows}"
)


def _records(ident: str, date: str) -> dict[str, str]:
    """Breaks of the checks on versions of records."""
    return {
        "records_not_doubled": AGAIN.format(ident=ident, rows="<= 30"),
        "records_seldom_repeated": AGAIN.format(ident=ident, rows="= 1"),
        "record_of_one_provider": set_row("unique_cds_identifier", "'B100031'"),
        "update_type_known": set_row("update_type", "'2'"),
        "inside_report_period": set_row("period", f"'2016-04-01', {date} = '2016-04-03'"),
    }


def _unusual(ident: str, date: str, code: str) -> dict[str, str]:
    """Breaks of the checks of a provider's month against its other months and days."""
    april = ALL.format("{} where " + RQ6_APRIL)
    return {
        # Thirty rows on each of three or four working days, none on another.
        "weekdays_present": f"insert into staged select staged.* replace ({date} + 1 + n::int as {date}, "
        f"{ident} || n as {ident}) from staged, range(3) as copies (n) where {RQ6_APRIL}",
        "patients_not_everywhere": april.format("der_pseudo_nhs_number = 'e3b0'"),
        "cost_of_provider_usual": april.format("grand_total_payment_mff = 10350"),
        "codes_as_usual": april.format(f"{code} = '99'"),
    }


def _shared(ident: str, date: str, zeros: str, code: str) -> dict[str, str]:
    """Breaks of the checks that all five feeds have."""
    return {
        **_unusual(ident, date, code),
        "key_unique": DOUBLED,
        "provider_code_shape": set_row("der_provider_code", "'rq6'"),
        "codes_not_scientific": set_row(ident, "'7.75E+14'"),
        "leading_zeros_kept": ALL.format(f"{zeros} = '1'"),
        "leading_zeros_seldom_lost": set_row(zeros, "'1'"),
        "codes_known": ALL.format("administrative_category = 'NHS'"),
        "codes_mostly_known": set_row("administrative_category", "'NHS'"),
        "dates_in_order": ALL.format(f"{date} = '2071-05-03'"),
        "dates_mostly_in_order": set_row(date, "'2071-05-03'"),
        "age_plausible": set_row("age", "-1"),
        "number_validity_known": set_row("nhs_number_is_valid", "'1'"),
        "patients_are_apart": ALL.format("der_pseudo_nhs_number = 'e3b0'"),
        "practice_code_shape": ALL.format("gp_practice_code = 'The Surgery' where source_row <= 60"),
        "practice_code_mostly_shaped": SOME.format("gp_practice_code = 'The Surgery'"),
        "practices_mostly_named": ALL.format("gp_practice_code = 'V81999' where source_row <= 60"),
        "practices_in_register": "delete from register where organisation_code > 'A10005'",
        "practices_few_unknown": "delete from register where organisation_code > 'A10025'",
        "cost_plausible": ALL.format("grand_total_payment_mff = grand_total_payment_mff * 1000"),
        "cost_of_a_row_plausible": set_row("unbundled_payment_mff", "100000000"),
        "cost_not_negative": set_row("grand_total_payment_mff", "-103.5"),
        "cost_adds_up": set_row("grand_total_payment_mff", "203.5"),
        "months_even": f"delete from staged where {RQ6_APRIL} and source_row > 10",
        "months_not_stray": COPIES.format("'9' as generated_record_id", 9)
        + f"; delete from staged where {RQ6_APRIL} and not (source_row = 1 and generated_record_id <> '9')",
        "volume_off_history": "update history set value = value * 4",
    }


# No figure reads whose an episode is.
STRANGERS = {"patients_of_few_practices": ALL.format("der_pseudo_nhs_number = 'e3b0' where source_row <= 60")}
TIMES = {
    "arrival_time_known": ALL.format("arrival_time = null"),
    "arrival_time_mostly_known": set_row("arrival_time", "null"),
    "arrival_time_not_midnight": ALL.format("arrival_time = '00:00:00'"),
}
CODED = {
    "diagnosis_all": ("diagnoses_listed", "diagnoses_mostly_listed", "der_diagnosis_all", "'COPD; asthma'"),
    "primary": ("diagnosis_shape", "diagnosis_mostly_shaped", "primary_diagnosis_code", "'COPD'"),
}


def _coded(kind: str) -> dict[str, str]:
    block, warn, column, wrong = CODED[kind]
    return {block: ALL.format(f"{column} = {wrong}"), warn: set_row(column, wrong)}


BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("sus_aea", "rows"): {
        **nulls("aea_ident", "der_provider_code", "extract_date_time", "arrival_date"),
        **_shared("aea_ident", "arrival_date", "aea_treatment_01", "aea_department_type"),
        **_records("aea_ident", "arrival_date"),
        **STRANGERS,
        **TIMES,
    },
    ("sus_ec", "rows"): {
        **nulls("ec_ident", "der_provider_code", "extract_date_time", "arrival_date"),
        **_shared("ec_ident", "arrival_date", "ec_department_type", "ec_department_type"),
        **_records("ec_ident", "arrival_date"),
        **STRANGERS,
        **TIMES,
        "snomed_shape": ALL.format("ec_arrival_mode_snomed_ct = 'on foot'"),
        "snomed_mostly_shaped": set_row("der_ec_treatment_all", "'413334001;266712008'"),
        "snomed_not_rounded": ALL.format("ec_arrival_mode_snomed_ct = '1048071000000100'"),
        "dupe_flag_known": set_row("der_dupe_flag", "2"),
        "doubles_are_few": ALL.format("der_dupe_flag = 1"),
        "deletions_are_few": ALL.format("finished_indicator = 'Deleted'"),
    },
    ("sus_apcs", "rows"): {
        **nulls("apcs_ident", "der_provider_code", "extract_date_time"),
        **_shared("apcs_ident", "discharge_date", "administrative_category", "admission_method"),
        **STRANGERS,
        **_coded("diagnosis_all"),
        "stay_agrees_with_dates": set_row("der_spell_los", "0"),
        "spells_mostly_coded": ALL.format("der_diagnosis_all = null"),
    },
    ("sus_apce", "rows"): {
        **nulls("apce_ident", "apcs_ident", "der_provider_code", "extract_date_time"),
        **_shared("apce_ident", "episode_end_date", "administrative_category", "admission_method"),
        **_records("apce_ident", "episode_end_date"),
        **_coded("primary"),
        "episode_number_plausible": set_row("episode_number", "0"),
        "spells_mostly_begin": ALL.format("episode_number = 2"),
        "episodes_not_inflated": COPIES.format("n + 2 as episode_number", 2),
        "episodes_mostly_coded": ALL.format("primary_diagnosis_code = null"),
    },
    ("sus_opa", "rows"): {
        **nulls("opa_ident", "der_provider_code", "extract_date_time", "appointment_date"),
        **_shared("opa_ident", "appointment_date", "opa_referral_source", "first_attendance"),
        **_records("opa_ident", "appointment_date"),
        **STRANGERS,
        "status_agrees_with_date": set_row("appointment_date", "'2018-03-03'"),
        "has_attended": ALL.format("attendance_status = '3'"),
        "referral_source_mostly_known": ALL.format("opa_referral_source = null"),
    },
}
