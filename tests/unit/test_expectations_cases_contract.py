"""Good contract registers, logs, complaints, risks and published values in small, and what breaks each check."""

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

DAY = "2017-09-30"
CONTRACT_ROWS: Rows = [
    {
        "row_type": "line", "practice_code": practice, "contract_type": "GMS", "start_date": "2004-04-01",
        "contract_holder": "Northside Partnership", "has_ppg": "Y", "ppg_confirmed_on": "2017-03-31",
        "record_access": "Y", "list_status": "Open", "as_at": DAY,
    }
    for practice in PRACTICES
] + [{"row_type": "total", "practice_code": "Total contracts", "contract_type": "30", "as_at": DAY}]  # fmt: skip
EVENT_ROWS: Rows = [
    {
        "record": "event", "event_id": f"V{number}", "event_type": "visit", "practice_code": practice,
        "occurred_on": "2017-08-01", "themes": "FFT;WORKFORCE", "as_at": DAY,
    }
    for number, practice in enumerate(PRACTICES)
] + [
    {
        "record": "coverage", "event_id": "COVER-VISIT", "event_type": "visit", "complete_from": "2016-09-01",
        "complete_to": DAY, "as_at": DAY,
    },
    {"record": "coverage", "event_id": "COVER-MERGER", "event_type": "merger", "as_at": DAY},
]  # fmt: skip
COMPLAINT_ROWS: Rows = [
    {
        "row_type": "line", "financial_year": "2017/18", "complaint_ref": f"GP/2017/{number:04}",
        "received_on": "2017-05-02", "practice_code": practice, "outcome": "Not upheld", "theme": "Clinical care",
    }
    for number, practice in enumerate(PRACTICES)
] + [{"row_type": "total", "financial_year": "2017/18", "complaint_ref": "Total 30"}]  # fmt: skip
RISK_ROWS: Rows = [
    {
        "ref": f"R{number}", "area": "finance", "date_entered": "2017-04-01", "description": "Costs rise",
        "likelihood": 3, "consequence": 4, "current_score": 12, "accepted": "N", "residual_likelihood": 2,
        "residual_consequence": 4, "residual_score": 8, "lead": "SA/TF", "status": "open", "as_at": DAY,
    }
    for number in range(8)
]  # fmt: skip
PUBLISHED_ROWS: Rows = [
    {
        "source": "Quality Premium dashboard", "indicator_code": code, "org_type": "commissioner", "org_code": "99A",
        "period_end": DAY, "numerator": numerator, "denominator": denominator, "value": value,
    }
    for code, numerator, denominator, value in (
        ("RATIO", 33, 20, 1.65), ("SHARE", 33, 40, 82.5), ("AGED", 8836, None, 8836)
    )
]  # fmt: skip
# Four months of one indicator, which falls slowly.
PUBLISHED_MONTHS: Rows = [
    {
        **PUBLISHED_ROWS[2], "period_end": f"2017-0{month}-28", "period": f"2017-0{month}-01",
        "submission_id": f"p{month}", "value": 8900 - month,
    }
    for month in range(1, 5)
]  # fmt: skip
# Bands of one indicator, and targets of another: one until the year end, one after it, and one of practices.
REFERENCE_ROWS: Rows = [
    {
        "commissioner_code": "99A", "version": "2017-18", "approved_by": "Committee", "approved_on": "2017-03-28",
        "source": "Minutes", **row,
    }
    for row in (
        *(
            {"indicator_id": "ae", "kind": "band", "band": band, "band_order": order, "rule": rule, "figure": figure}
            for order, (band, rule, figure) in enumerate(
                (("A", "meets_target", None), ("B", "at_or_below", 9.5), ("C", "at_or_below", 12),
                 ("D", "otherwise", None)), start=1
            )
        ),
        *(
            {"indicator_id": "volume", "kind": "target", **target}
            for target in (
                {
                    "rule": "baseline_reduction_or_national", "figure": 45.2, "reduction": 0.05,
                    "valid_to": "2018-03-31",
                },
                {"rule": "at_or_below", "figure": 44, "valid_from": "2018-04-01"},
                {"rule": "at_or_below", "figure": 46, "alternative_figure": 47, "org_type": "practice"},
            )
        ),
    )
]  # fmt: skip
DEFINITIONS = """
    create schema definitions;
    create table definitions.indicator_definition as
        select * from (values ('ae', '2017-18', null), ('volume', '2017-18', 'previous_financial_year'))
            as rows (indicator_id, version, baseline_rule);
    create table definitions.indicator_target as select 'ae' as indicator_id, '2017-18' as version;
"""
DEFINED = """
    create table defined_indicator as
        select * from (values ('ae', '2017-18'), ('volume', '2017-18')) as rows (indicator_id, version)
"""
GOOD: dict[str, tuple[Rows, dict[str, float]]] = {
    "practice_contract": (CONTRACT_ROWS, {"practices": 31}),
    "contract_event": (EVENT_ROWS, {"rows": 30}),
    "complaint": (COMPLAINT_ROWS, {"rows": 30}),
    "risk_register": (RISK_ROWS, {"rows": 8}),
    "indicator_reference": (REFERENCE_ROWS, {}),
    "published_indicator": (PUBLISHED_ROWS, {"rows": 3, "numerator": 8900, "denominator": 61}),
}


def make_rows_database(connection: duckdb.DuckDBPyConnection, dataset: str) -> None:
    """What landing gives gate 2 for a good file of the dataset, period September 2017."""
    rows, history = GOOD[dataset]
    make_feed(connection, dataset, "staged", "2017-09-01", rows)
    make_context(connection, PRACTICES, history)
    if dataset == "indicator_reference":
        connection.execute(DEFINED)
        connection.execute(
            "create table practice_group as "
            "select * from (values ('neighbourhood', 'N1'), ('locality', 'L1')) as rows (org_type, org_code)"
        )
    connection.execute("create table known_entity as select '99A' as entity_code")


TWO_DAYS = set_row("as_at", "date '2017-09-29'")
SEVERAL = "insert into known_entity values ('01X')"
_OF_THE_REGISTER = {"practices_in_register": UNKNOWN_MANY, "practices_few_unknown": NO_REGISTER}
_SCALES = ("likelihood", "consequence", "residual_likelihood", "residual_consequence")
BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("practice_contract", "rows"): {
        **nulls("row_type", "practice_code", "contract_type", "start_date", "list_status", "as_at"),
        **_OF_THE_REGISTER,
        "key_unique": DOUBLED,
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "contract_type_known": set_row("contract_type", "'PCTMS'"),
        "has_ppg_known": set_row("has_ppg", "'TBC'"),
        "earnings_published_known": set_row("earnings_published", "'in progress'"),
        "record_access_known": set_row("record_access", "'1'"),
        "list_status_known": set_row("list_status", "'full'"),
        "one_day": TWO_DAYS,
        "dates_in_order": set_row("end_date", "date '2003-01-01'"),
        "dates_plausible": set_row("ppg_confirmed_on", "date '2017-12-03'"),
        "earnings_year_shape": set_row("earnings_year", "'2016'"),
        "holder_is_an_organisation": set_row("contract_holder", "'Dr A Example and Partners'"),
        "practices_lost": "delete from staged where practice_code <= 'A10009'",
    },
    ("contract_event", "rows"): {
        **nulls("record", "event_id", "event_type", "as_at"),
        **_OF_THE_REGISTER,
        "key_unique": DOUBLED,
        "record_known": set_row("record", "'note'"),
        "event_type_known": set_row("event_type", "'phone call'"),
        "one_day": TWO_DAYS,
        "event_has_practice": set_row("practice_code", "null"),
        "event_has_a_day": set_row("occurred_on", "null"),
        "days_plausible": set_row("requested_on", "date '2017-08-02'"),
        "themes_shape": set_row("themes", "'Premises too small'"),
        "coverage_said_once": set_row("event_type", "'visit'", 32),
        "coverage_has_its_days": set_row("complete_from", "null", 31),
        "every_kind_is_covered": set_row("event_type", "'merger'"),
        "log_has_not_shrunk": "update history set value = 33 where period = '2017-08-01'",
    },
    ("complaint", "rows"): {
        **nulls("row_type", "complaint_ref", "financial_year", "practice_code"),
        **_OF_THE_REGISTER,
        "key_unique": DOUBLED,
        "reference_names_nobody": set_row("complaint_ref", "'SMITH/2017/1'"),
        "practice_code_shape": set_row("practice_code", "'99A'"),
        "outcome_known": set_row("outcome", "'see letter'"),
        "theme_known": set_row("theme", "'the receptionist'"),
        "received_in_its_year": set_row("received_on", "date '2018-04-01'"),
        "count_far_from_history": "update history set value = 6",
    },
    ("risk_register", "rows"): {
        **nulls("ref", "area", "description", *_SCALES, "status", "as_at"),
        "key_unique": DOUBLED,
        "commissioner_said": f"{SEVERAL}; {set_row('commissioner_code', 'null')}",
        "commissioner_known": set_row("commissioner_code", "'01J'"),
        "every_commissioner_has_risks": f"{SEVERAL}; update staged set commissioner_code = '99A'",
        **{f"{column}_in_range": set_row(column, "6") for column in _SCALES},
        "current_score_in_range": set_row("current_score", "0"),
        "residual_score_in_range": set_row("residual_score", "26"),
        "current_score_is_product": set_row("current_score", "9"),
        "residual_score_is_product": set_row("residual_likelihood", "3"),
        "accepted_known": set_row("accepted", "'perhaps'"),
        "status_known": set_row("status", "'on hold'"),
        "lead_is_initials": set_row("lead", "'Sarah Example'"),
        "one_day": TWO_DAYS,
        "entered_before_the_register": set_row("date_entered", "date '2017-10-01'"),
        "risks_lost": "delete from staged where source_row > 3",
    },
    ("published_indicator", "rows"): {
        **nulls("source", "indicator_code", "org_type", "org_code", "period_end", "value"),
        "key_unique": DOUBLED,
        "org_type_known": set_row("org_type", "'region'"),
        "org_code_shape": set_row("org_code", "'NHS Sample'"),
        "period_ends_a_month": set_row("period_end", "date '2017-09-03'"),
        "numerator_not_negative": set_row("numerator", "-33"),
        "denominator_not_negative": set_row("denominator", "-20"),
        "value_not_negative": set_row("value", "-1.65"),
        "value_is_its_parts": set_row("value", "16.5"),
        "sums_far_from_history": set_row("numerator", "88360", 3),
    },
    ("indicator_reference", "rows"): {
        **nulls("commissioner_code", "indicator_id", "version", "kind", "rule", "approved_by", "approved_on", "source"),
        "key_unique": DOUBLED,
        "commissioner_code_shape": set_row("commissioner_code", "'NHS Sample'"),
        "version_shape": set_row("version", "'2017-19'"),
        "kind_known": set_row("kind", "'aim'"),
        "rule_known": set_row("rule", "'below'", 2),
        "rule_has_its_figure": set_row("reduction", "null", 5),
        "columns_of_its_kind": set_row("org_type", "'practice'"),
        "band_known": set_row("band", "'Good'"),
        "band_order_is_that_of_figures": set_row("figure", "9.5", 3),
        "first_band_is_there": "delete from staged where source_row = 1",
        "org_of_a_kind": set_row("org_type", "'region'", 7),
        "dates_in_order": set_row("valid_from", "date '2018-04-01'", 5),
        "spans_do_not_overlap": set_row("valid_from", "date '2018-03-31'", 6),
        "approved_by_is_a_body": set_row("approved_by", "'Dr A Example'"),
        "practice_in_register": set_row("org_code", "'N99999'", 7),
        # The code of a neighbourhood is that of no locality.
        "group_in_practice_groups": "update staged set org_type = 'locality', org_code = 'N1' where source_row = 7",
        "commissioner_is_ours": "update staged set org_type = 'commissioner', org_code = '01J' where source_row = 7",
        "indicator_defined": set_row("version", "'2018-19'", 7),
    },
    ("indicator_reference", "staged"): {
        "indicator_known": "update feed.indicator_reference set version = '2018-19' where source_row = 7",
        "baseline_rule_has_a_baseline": "update feed.indicator_reference set indicator_id = 'ae' where source_row = 5",
        "band_of_a_target_has_one": "delete from definitions.indicator_target",
        "ours_is_among_them": "update feed.indicator_reference set commissioner_code = '01J'",
    },
    ("published_indicator", "staged"): {
        "value_against_own_months": (
            "update feed.published_indicator set value = value * 10 where period = '2017-04-01'"
        ),
    },
}
