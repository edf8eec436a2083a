"""Good contract registers, logs, complaints, risks and published values in small, and what breaks each check."""

from __future__ import annotations

import duckdb

from tests.unit.test_expectations_cases_evidence import _mart
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

# R1 was extreme and is high; R2 is new, and closed. Its printed score is off.
MARTS = """
    create schema if not exists staging;
    create table staging.stg_contract__risk_register as
        select '99A' as commissioner_code, date '2017-06-01' as register_month, 'R1' as ref;
    create table risk as
        select '99A' as commissioner_code, month::date as register_month, month::date + 28 as as_at, ref,
            'finance' as area, likelihood,
            3 as consequence, likelihood * 3 as current_score, 'High' as current_grade,
            printed as printed_current_score, printed = likelihood * 3 as current_matches_score,
            residual as residual_likelihood, 4 as residual_consequence, residual * 4 as residual_score,
            grade as residual_grade, residual * 4 as printed_residual_score, true as residual_matches_score, is_closed,
            change as residual_score_change
        from (values ('2017-06-01', 'R1', 4, 12, 4, 'Extreme', false, null),
                ('2017-08-01', 'R1', 4, 12, 3, 'High', false, -4),
                ('2017-08-01', 'R2', 3, 10, 1, 'Moderate', true, null))
            as rows (month, ref, likelihood, printed, residual, grade, is_closed, change);
    create table risk_grade_count as
        select commissioner_code, register_month, basis, grade, null::bigint as change,
            count(*) filter (residual_grade = grade and (basis = 'residual' or not is_closed)) as risks
        from risk, (values ('residual'), ('residual_without_closed')) as bases (basis),
            (values ('Extreme'), ('High'), ('Moderate'), ('Low')) as grades (grade) group by all;
    update risk_grade_count as now set change = now.risks - before.risks from risk_grade_count as before
        where now.register_month = '2017-08-01' and before.register_month = '2017-06-01' and before.basis = now.basis
            and before.grade = now.grade;
"""
BREAKS |= {
    ("risk", "marts"): _mart(
        "risk",
        "commissioner_code register_month as_at ref area current_score current_grade residual_score residual_grade"
        " is_closed",
        scores_recompute="current_score = printed_current_score",
        matches_are_told="current_matches_score = true",
        change_adds_up="residual_score_change = 4 where residual_score_change = -4",
    )
    | {"registers_say_whose": "update staging.stg_contract__risk_register set commissioner_code = null"},
    ("risk_grade_count", "marts"): _mart(
        "risk_grade_count",
        "commissioner_code register_month basis grade risks",
        every_risk_has_one_grade="risks = 0, change = null where register_month = '2017-06-01' and grade = 'Extreme'",
        change_adds_up="change = 0 where change = -1",
    ),
}

# A1 got better and is in the newest file; A2 has left it. Of 2016/17 three practices had five complaints, of 2017/18
# one had two, so that only its totals are told.
MARTS += """
    create table cqc_inspection as
        select practice_code, published::date as publication_date, rating as overall_rating, before as previous_rating,
            day_before::date as previous_publication_date, is_current, first::date as first_month,
            last::date as last_month
        from (values ('A1', '2015-04-23', 'Requires improvement', null, null, false, '2017-06-01', '2017-06-01'),
                ('A1', '2017-07-14', 'Good', 'Requires improvement', '2015-04-23', true, '2017-07-01', '2017-07-01'),
                ('A2', '2016-02-01', 'Good', null, null, false, '2017-05-01', '2017-06-01'))
            as rows (practice_code, published, rating, before, day_before, is_current, first, last);
    create table practice_contract as
        select month::date as month, last_day(month::date) as as_at, practice_code, 'GMS' as contract_type,
            date '2004-04-01' as start_date, 'open' as list_status, is_expected
        from (values ('2017-03-01', 'A1', null), ('2017-03-01', 'A2', null), ('2017-06-01', 'A1', true),
                ('2017-06-01', 'A2', true)) as rows (month, practice_code, is_expected);
    create table contract_event as
        select event_id, event_type, practice_code, requested_on::date as requested_on,
            occurred_on::date as occurred_on, is_complete, date '2017-08-31' as as_at
        from (values ('V1', 'visit', 'A1', null, '2017-06-01', true), ('V2', 'visit', 'A1', null, '2016-08-31', false),
                ('B1', 'boundary_change', 'A2', '2017-07-11', null, true),
                ('M1', 'merger', 'A2', null, '2017-05-01', false))
            as rows (event_id, event_type, practice_code, requested_on, occurred_on, is_complete);
    create table contract_event_coverage as
        select event_type, days[1]::date as complete_from, days[2]::date as complete_to,
            days is not null as is_covered, date '2017-08-31' as as_at
        from (values ('visit', ['2016-09-01', '2017-08-31']), ('boundary_change', ['2016-09-01', '2017-08-31']),
                ('merger', null)) as rows (event_type, days);
    create table contract_visit_theme as
        select 'V1' as event_id, 'A1' as practice_code, date '2017-06-01' as occurred_on, theme_code,
            theme_code as theme_name, theme_order
        from (values ('FFT', 3), ('WORKFORCE', 5)) as rows (theme_code, theme_order);
    create table complaint_summary as
        select '99A' as commissioner_code, year as financial_year, date '2017-03-31' as as_at,
            part as summary_group, name, complaints, rank
        from (values ('2016/17', 'all', 'complaints', 5, null), ('2016/17', 'practices', 'practices', 3, null),
                ('2016/17', 'outcome', 'upheld', 3, 1), ('2016/17', 'outcome', 'without_outcome', 2, null),
                ('2016/17', 'theme', 'clinical care', 3, 1), ('2016/17', 'theme', 'appointments', 1, 2),
                ('2016/17', 'theme', 'communication', 1, 2), ('2017/18', 'all', 'complaints', 2, null),
                ('2017/18', 'practices', 'practices', 1, null)) as rows (year, part, name, complaints, rank);
"""
BREAKS |= {
    ("cqc_inspection", "marts"): _mart(
        "cqc_inspection",
        "practice_code publication_date overall_rating is_current first_month last_month",
        rating_known="overall_rating = 'Not rated' where practice_code = 'A2'",
        previous_is_the_row_before="previous_rating = null where previous_rating is not null",
        one_is_current="is_current = true where practice_code = 'A2'",
        seen_after_published="first_month = '2017-06-01' where is_current",
    ),
    ("practice_contract", "marts"): _mart(
        "practice_contract",
        "month as_at practice_code contract_type start_date list_status",
        contract_type_known="contract_type = 'PCTMS' where practice_code = 'A2'",
        one_day="as_at = '2017-06-29' where month = '2017-06-01' and practice_code = 'A2'",
        expected_is_told_of_all_or_none="is_expected = true where month = '2017-03-01' and practice_code = 'A2'",
        contract_of_a_practice_not_expected="is_expected = false where month = '2017-06-01' and practice_code = 'A2'",
    ),
    ("contract_event", "marts"): _mart(
        "contract_event",
        "event_id event_type practice_code is_complete as_at",
        has_a_day_by_the_export="occurred_on = '2017-09-01' where event_id = 'V1'",
        complete_where_covered="is_complete = true where event_id = 'M1'",
    ),
    ("contract_event_coverage", "marts"): _mart(
        "contract_event_coverage",
        "event_type is_covered as_at",
        covered_has_its_days="complete_to = null where event_type = 'visit'",
    ),
    ("contract_visit_theme", "marts"): _mart(
        "contract_visit_theme",
        "event_id practice_code theme_code",
        theme_of_a_visit="occurred_on = '2017-06-02' where theme_code = 'FFT'",
        theme_has_a_name="theme_name = null where theme_code = 'FFT'",
    ),
    ("complaint_summary", "marts"): _mart(
        "complaint_summary",
        "commissioner_code financial_year as_at summary_group name complaints",
        parts_add_up="complaints = 4 where name = 'clinical care'",
        practices_within_complaints="complaints = 6 where summary_group = 'practices' and financial_year = '2016/17'",
        breakdown_of_enough_practices=(
            "complaints = 2 where summary_group = 'practices' and financial_year = '2016/17'"
        ),
        rank_orders_the_counts="rank = 3 where name = 'communication'",
    ),
}
