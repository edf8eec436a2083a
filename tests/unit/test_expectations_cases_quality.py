"""Good definitions, positions and questions in small, and for each check of their gate 4 the SQL that breaks it."""

from __future__ import annotations

from tests.unit.test_expectations_cases_evidence import _mart

COMPONENT = """
    create table component as
        select distinct component_id, component_id as name,
            if(starts_with(component_id, 'sus_'), 'sus_op', 'epd') as dataset, 'items' as unit,
            null::integer as age_from, null::integer as age_to, false as is_patient_count, 'owner' as owner
        from component_value;
"""
MARTS = """
    create table activity_position as
        select *, baseline_ytd - planned_reduction_ytd as plan_ytd, actual_ytd - plan_ytd as variance_ytd,
            baseline_ytd - actual_ytd as achieved_reduction_ytd, baseline_fy - planned_reduction_fy as plan_fy
        from (
            select plan_id, '2017-18' as financial_year, month::date as month, plan_id as name,
                'sus_op_firsts' as component_id, rule as plan_rule, actual::decimal(28, 5) as actual_month,
                to_date::decimal(28, 5) as actual_ytd, baseline::decimal(28, 5) as baseline_ytd,
                120::decimal(28, 5) as baseline_fy, reduction::decimal(28, 5) as planned_reduction_ytd,
                case when reduction is not null then 12 end::decimal(28, 5) as planned_reduction_fy, state,
                state_reason
            from (values ('A', '2017-04-01', 'reduction', 0, 0, 10, 1, 'ok', null),
                ('A', '2017-05-01', 'reduction', 8, 8, 20, 2, 'ok', null),
                ('B', '2017-05-01', 'chart_only', 8, null, null, null, 'awaiting', 'awaiting sus_opa 2017-04'))
                as rows (plan_id, month, rule, actual, to_date, baseline, reduction, state, state_reason)
        );
    create table data_quality_query as
        select query_id, 'sus_opa' as feed, 'RBQ' as provider_code, date '2017-05-01' as month, 'sus_volume' as issue,
            'withhold' as severity, 'owner' as owner, null::varchar as practice_code, 'less' as detail, is_open,
            timestamp '2017-06-20' as opened_at,
            closed::timestamp as closed_at, accepted_by,
            accepted_until::date as accepted_until, reason as accepted_reason
        from (values ('A', true, null, 'someone', '2018-01-01', 'clinics closed'),
            ('B', false, '2017-07-01', null, null, null))
            as rows (query_id, is_open, closed, accepted_by, accepted_until, reason);
"""
LATEST = """
    create view indicator_latest as
        select results.*, indicator.name as indicator_name from indicator_result as results
        left join indicator using (indicator_id, version) where period_end = '2017-05-31';
"""

REPLACED = LATEST.strip().replace("create view", "create or replace view")

BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("component", "marts"): {
        **_mart("component", "component_id name dataset unit is_patient_count owner"),
        "values_are_defined": "delete from component where component_id = 'list_size'",
        "ages_in_order": "update component set age_from = 70, age_to = 17 where component_id = 'list_size'",
    },
    ("activity_position", "marts"): _mart(
        "activity_position",
        "plan_id financial_year month name plan_rule state",
        state_known="state = 'late' where plan_id = 'B'",
        month_of_its_year="financial_year = '2016-17' where plan_id = 'B'",
        plan_recomputes="variance_ytd = -variance_ytd where plan_id = 'A'",
        reduction_is_phased="planned_reduction_ytd = 3 where month = '2017-05-01' and plan_id = 'A'",
        year_adds_up="actual_ytd = 9 where month = '2017-05-01' and plan_id = 'A'",
        within_all_practices="actual_month = 9 where plan_id = 'B'",
        ok_where_known="state = 'awaiting' where plan_id = 'A'",
        reason_unless_ok="state_reason = '' where plan_id = 'B'",
    ),
    ("data_quality_query", "marts"): _mart(
        "data_quality_query",
        "query_id feed issue severity owner is_open",
        severity_known="severity = 'shout'",
        closed_when_answered="closed_at = '2017-06-01' where query_id = 'B'",
        acceptance_is_explained="accepted_reason = null where query_id = 'A'",
    )
    | {"activity_that_fails_is_asked": "update intermediate.int_sus__quality set is_failing = true, rule = 'sus_jump'"},
    ("indicator_latest", "marts"): {
        **{
            f"{column}_present": f"update indicator_result set {column} = null where period_end = '2017-05-31'"
            for column in ("indicator_id", "version", "variant", "org_view", "org_type", "org_code", "state")
        },
        "indicator_name_present": "update indicator set name = null",
        "period_end_present": REPLACED.replace("results.*", "results.* replace (null::date as period_end)"),
        "grain": "insert into indicator_result select * from indicator_result where period_end = '2017-05-31' limit 1",
        "is_the_newest": REPLACED.replace("05-31", "04-30"),
    },
}
