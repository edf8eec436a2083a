"""Tables made of contract registers, logs, complaints and risks in small, and what breaks each check on them."""

from __future__ import annotations

from tests.unit.test_expectations_cases_evidence import _mart

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
BREAKS: dict[tuple[str, str], dict[str, str]] = {
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
