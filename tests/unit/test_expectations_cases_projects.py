"""Good marts of projects and payments in small, and for each check of gate 4 the SQL that breaks it."""

from __future__ import annotations

from tests.unit.test_expectations_cases_evidence import _mart

MARTS = """
    create table project_benefit as
        select '99A' as commissioner_code, project_id, date '2020-03-01' as month,
            project_id as name, 'CVD' as programme,
            months as months_in_force, 100 as planned_year, case when months = 12 then 100 end as planned_to_date,
            actual as actual_to_date,
            baseline as baseline_to_date, baseline - actual as avoided_to_date,
            200050::decimal(18, 2) as planned_value_year, 2000.5::decimal(18, 4) as unit_tariff,
            ((baseline - actual) * 2000.5)::decimal(18, 2) as value_to_date,
            false as is_shared, state, state_reason
        from (values ('A', 12, 300, 450, 'delivered', null), ('B', 12, 300, 350, 'not_delivered', null),
            ('C', 5, 100, 90, 'in_year', null), ('D', 5, null, null, 'awaiting', 'not received'),
            ('E', 5, null, null, 'not_visible', 'no list'))
            as rows (project_id, months, actual, baseline, state, state_reason);
    create table project_milestone_status as
        select '99A' as commissioner_code, 'A' as project_id, number as milestone_order,
            date '2019-06-01' as reported_month, 'A' as name,
            'CVD' as programme, 'Step' as label, due::date as due, completed::date as completed, state
        from (values (1, '2019-06-30', '2019-06-30', 'done'), (2, '2019-05-31', '2019-06-01', 'done_late'),
            (3, '2019-06-30', null, 'late'), (4, '2019-07-31', null, 'due'), (5, null, '2019-06-01', 'undated'),
            (6, '2019-04-30', null, 'not_reported')) as rows (number, due, completed, state);
    create table gp_specification_payment as
        select date '2017-06-30' as period_end, 'I' as indicator_id, '1' as version,
            practice as practice_code,
            1000.25::decimal(18, 2) as weighted_patients, rate::decimal(18, 4) as rate_per_weighted_patient,
            amount::decimal(18, 2) as amount, state, state_reason
        from (values ('A', 1.5, 1500.38, 'computed', null), ('B', null, null, 'rate_not_set', 'no rate'))
            as rows (practice, rate, amount, state, state_reason);
    create table pcn_funding as
        select '2019/20' as financial_year, 'N1' as pcn, element, 'network' as paid_to, basis,
            rate::decimal(18, 4) as rate, printed::decimal(18, 2) as printed_rate, 5 as practices,
            patients::decimal(18, 2) as patients, date '2019-07-01' as first_month, 9 as months,
            amount::decimal(18, 2) as amount, state
        from (values ('director', 'per_patient_year', 0.514, 0.51, 539988, 208165.37, 'computed'),
            ('core', 'per_patient_year', 1.5, 1.5, null, null, 'awaiting'),
            ('role', 'per_network', 37810, 37810, null, 37810, 'computed'))
            as rows (element, basis, rate, printed, patients, amount, state);
    create table federation_gain_share as
        select term_id, date '2018-03-01' as month, 'F' as federation, 'rx_actual_cost' as component_id,
            12 as months_elapsed, true as is_final, 10000::decimal(18, 5) as baseline, actual::decimal(18, 5) as actual,
            steps, gbp::decimal(18, 2) as gbp_per_step, (steps * gbp)::decimal(18, 2) as amount, state
        from (values ('A', 9981, 1, 250.5, 'computed'), ('B', 9500, 40, 250.5, 'computed'),
            ('C', 10100, 0, null, 'rate_not_set'), ('D', null, null, null, 'awaiting'))
            as rows (term_id, actual, steps, gbp, state);
"""

BREAKS: dict[tuple[str, str], dict[str, str]] = {
    ("project_benefit", "marts"): _mart(
        "project_benefit",
        "commissioner_code project_id month name programme is_shared state",
        state_known="state = 'likely' where project_id = 'E'",
        avoided_adds_up="avoided_to_date = 160, value_to_date = 320080 where project_id = 'A'",
        value_recomputes="value_to_date = value_to_date - 0.01 where project_id = 'C'",
        year_is_whole="planned_to_date = 42 where project_id = 'C'",
        judged_after_a_year="state = 'delivered' where project_id = 'B'",
        figures_where_known="state = 'awaiting', state_reason = 'late' where project_id = 'C'",
        reason_unless_judged="state_reason = '' where project_id = 'E'",
    ),
    ("project_milestone_status", "marts"): _mart(
        "project_milestone_status",
        "commissioner_code project_id milestone_order name programme label state",
        state_agrees="state = 'due' where milestone_order = 3",
        nothing_late_without_report="reported_month = null where milestone_order = 3",
        not_done_after_report="completed = '2019-07-02', state = 'done_late' where milestone_order = 2",
    ),
    ("gp_specification_payment", "marts"): _mart(
        "gp_specification_payment",
        "practice_code period_end indicator_id version state",
        state_known="state = 'paid' where practice_code = 'B'",
        amount_recomputes="amount = 1500.37 where practice_code = 'A'",
        amount_where_computed="amount = 0 where practice_code = 'B'",
        reason_unless_computed="state_reason = '' where practice_code = 'B'",
    ),
    ("pcn_funding", "marts"): _mart(
        "pcn_funding",
        "financial_year pcn element paid_to basis rate practices first_month months state",
        state_known="state = 'paid' where element = 'role'",
        amount_recomputes="amount = 206545.41 where element = 'director'",
        amount_where_computed="state = 'computed' where element = 'core'",
        rate_is_the_printed_one="printed_rate = 0.52 where element = 'director'",
    ),
    ("federation_gain_share", "marts"): _mart(
        "federation_gain_share",
        "term_id month federation component_id months_elapsed is_final state",
        state_known="state = 'paid' where term_id = 'A'",
        steps_within_cap="steps = 50, amount = 50 * gbp_per_step where term_id = 'B'",
        steps_are_whole="steps = 2, amount = 501 where term_id = 'A'",
        amount_recomputes="amount = 1 where term_id = 'A'",
        judged_where_known="steps = 0 where term_id = 'D'",
    ),
}
