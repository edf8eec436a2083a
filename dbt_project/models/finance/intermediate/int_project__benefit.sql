-- One row per project with a quantified impact and month of its first year in force (of the plan's year where no month
-- of implementation is printed), up to the last month that any feed has.
-- What is planned is a number for the year: it is compared with a year, never with twelfths of it.
with projects as (

    select * from {{ ref('project') }}
    where
        {{ is_own('commissioner_code') }}
        and (condition is not null or other_impact is not null)

),

conditions as (

    select distinct condition from {{ ref('project_condition') }}

),

condition_months as (

    select * from {{ ref('int_project__condition_month') }}

),

config as (

    select
        max(case when parameter = 'unit_cost_lowest' then value end) as unit_cost_lowest,
        max(case when parameter = 'unit_cost_highest' then value end) as unit_cost_highest
    from {{ ref('project_config') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

reports as (

    select * from {{ ref('int_project__report') }}

),

numbers as (

    select number_values.number
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)) as number_values (number)

),

known_months as (

    select month from calendar
    union all
    select reported_month as month from reports

),

horizon as (

    select max(month) as last_month from known_months

),

started as (

    select
        *,
        coalesce(first_full_month, {{ ledger_month('plan_year', 1) }}) as first_month
    from projects

),

project_months as (

    select
        started.*,
        {{ month_plus('started.first_month', 'numbers.number') }} as month,
        numbers.number + 1 as months_counted
    from started
    cross join numbers

),

counted as (

    select
        project_months.*,
        conditions.condition is not null as is_visible,
        actual_months.admissions as actual_month,
        baseline_months.admissions as baseline_month
    from project_months
    inner join horizon on project_months.month <= horizon.last_month
    left join conditions on project_months.condition = conditions.condition
    left join condition_months as actual_months
        on
            project_months.commissioner_code = actual_months.commissioner_code
            and project_months.condition = actual_months.condition
            and project_months.month = actual_months.month
    left join condition_months as baseline_months
        on
            project_months.commissioner_code = baseline_months.commissioner_code
            and project_months.condition = baseline_months.condition
            and {{ month_plus('project_months.month', -12) }} = baseline_months.month

),

summed as (

    select
        *,
        count(actual_month) over (partition by project_id order by month) as actual_months,
        count(baseline_month) over (partition by project_id order by month) as baseline_months,
        sum(actual_month) over (partition by project_id order by month) as actual_sum,
        sum(baseline_month) over (partition by project_id order by month) as baseline_sum,
        count(condition) over (partition by commissioner_code, condition, month) > 1 as is_shared
    from counted

),

reasoned as (

    select
        *,
        case
            when condition is null then 'its impact is no number of admissions'
            when not is_visible then concat('no list of codes counts admissions for ', condition)
        end as invisible_reason,
        case
            when first_full_month is null then 'no month of implementation is printed'
            when actual_months < months_counted then 'admissions of a month in force are not received'
            when baseline_months < months_counted then 'admissions of a month of the year before are not received'
        end as awaiting_reason
    from summed

),

compared as (

    select
        *,
        coalesce(invisible_reason, awaiting_reason) as state_reason,
        case when invisible_reason is null and awaiting_reason is null then actual_sum end as actual_to_date,
        case when invisible_reason is null and awaiting_reason is null then baseline_sum end as baseline_to_date,
        cast(cast(tariff_gbp as double) / admissions_avoided as decimal(18, 4)) as unit_tariff
    from reasoned

),

final as (

    select
        compared.commissioner_code,
        compared.project_id,
        compared.month,
        compared.name,
        compared.programme,
        compared.condition,
        compared.other_impact,
        compared.first_full_month,
        case when compared.first_full_month is not null then compared.months_counted end as months_in_force,
        compared.admissions_avoided as planned_year,
        case
            when compared.first_full_month is not null and compared.months_counted = 12 then compared.admissions_avoided
        end as planned_to_date,
        case when compared.invisible_reason is null then compared.actual_month end as actual_month,
        case when compared.invisible_reason is null then compared.baseline_month end as baseline_month,
        compared.actual_to_date,
        compared.baseline_to_date,
        compared.baseline_to_date - compared.actual_to_date as avoided_to_date,
        compared.tariff_gbp as planned_value_year,
        compared.unit_tariff,
        -- six decimals first, so that half a penny is one; the rounded tariff would lose pence of what is printed
        cast(
            round(
                cast(
                    cast(
                        cast(compared.baseline_to_date - compared.actual_to_date as decimal(9, 0))
                        * compared.tariff_gbp as double
                    ) / compared.admissions_avoided as decimal(28, 6)
                ), 2
            ) as decimal(18, 2)
        ) as value_to_date,
        round(compared.unit_tariff, 0) < config.unit_cost_lowest
        or round(compared.unit_tariff, 0) > config.unit_cost_highest as is_unit_cost_outlier,
        compared.ae_attendances_avoided,
        compared.ae_gbp,
        compared.is_shared,
        case
            when compared.invisible_reason is not null then 'not_visible'
            when compared.awaiting_reason is not null then 'awaiting'
            when compared.months_counted < 12 then 'in_year'
            when compared.baseline_to_date - compared.actual_to_date >= compared.admissions_avoided then 'delivered'
            else 'not_delivered'
        end as state,
        compared.state_reason
    from compared
    cross join config

)

select * from final
