-- One row per plan of hospital activity, financial year and month: the year to date against the plan.
-- Plan = activity of the baseline year in the same months, less as much of the reduction as is due by then.
with plans as (

    select * from {{ ref('activity_plan') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

specialties as (

    select * from {{ ref('component_treatment_function') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

org_components as (

    select * from {{ ref('int_indicators__org_component_month') }}

),

gaps as (

    select * from {{ ref('int_indicators__gap') }}

),

settled_months as (

    select * from {{ ref('int_indicators__settled_month') }}

),

restricted_components as (

    select distinct component_id from specialties

),

-- 2017-18 begins in April 2017
dated_plans as (

    select
        plans.*,
        components.dataset,
        components.measure,
        components.unit,
        cast(substr(plans.financial_year, 1, 4) as integer) * 12 + 3 as first_month_index,
        cast(substr(plans.baseline_year, 1, 4) as integer) * 12 + 3 as baseline_first_month_index
    from plans
    left join components on plans.component_id = components.component_id
    where {{ is_own('plans.commissioner_code') }}

),

plan_months as (

    select
        dated_plans.*,
        calendar.month,
        calendar.month_index,
        calendar.month_index - dated_plans.first_month_index + 1 as months_elapsed
    from dated_plans
    inner join calendar
        on
            calendar.is_result_month
            and dated_plans.first_month_index <= calendar.month_index
            and dated_plans.first_month_index + 11 >= calendar.month_index

),

component_months as (

    select
        org_components.org_code as commissioner_code,
        org_components.component_id,
        calendar.month_index,
        org_components.value
    from org_components
    inner join calendar on org_components.month = calendar.month
    where
        org_components.org_view = 'as_at'
        and org_components.org_type = 'commissioner'

),

component_gaps as (

    select
        dated_plans.plan_id,
        dated_plans.financial_year,
        gaps.month_index,
        gaps.cause,
        gaps.wording
    from dated_plans
    inner join gaps
        on
            dated_plans.dataset = gaps.dataset
            and (
                gaps.org_type is null
                or (
                    gaps.org_type = 'commissioner'
                    and gaps.org_view = 'as_at'
                    and dated_plans.commissioner_code = gaps.org_code
                )
            )
    left join restricted_components on dated_plans.component_id = restricted_components.component_id
    left join specialties
        on
            dated_plans.component_id = specialties.component_id
            and gaps.treatment_function_code = specialties.treatment_function_code
    where
        (
            gaps.treatment_function_code is null
            or restricted_components.component_id is null
            or specialties.treatment_function_code is not null
        )
        and (dated_plans.measure = 'cost' or not coalesce(gaps.is_of_cost, false))
        and ({{ reads_deciding_codes('dated_plans.component_id') }} or not coalesce(gaps.is_of_codes, false))

),

months_with_gap as (

    select distinct
        plan_id,
        financial_year,
        month_index
    from component_gaps

),

-- months of the plan year and of its baseline year that are whole
whole_months as (

    select
        dated_plans.plan_id,
        dated_plans.financial_year,
        dated_plans.first_month_index,
        dated_plans.baseline_first_month_index,
        component_months.month_index,
        component_months.value
    from dated_plans
    inner join component_months
        on
            dated_plans.component_id = component_months.component_id
            and dated_plans.commissioner_code = component_months.commissioner_code
    left join months_with_gap
        on
            dated_plans.plan_id = months_with_gap.plan_id
            and dated_plans.financial_year = months_with_gap.financial_year
            and component_months.month_index = months_with_gap.month_index
    where months_with_gap.plan_id is null

),

sums as (

    select
        plan_months.plan_id,
        plan_months.financial_year,
        plan_months.month,
        max(case when whole_months.month_index = plan_months.month_index then whole_months.value end) as actual_month,
        sum(
            case
                when whole_months.month_index between plan_months.first_month_index and plan_months.month_index
                    then whole_months.value
            end
        ) as actual_ytd,
        count(
            case
                when whole_months.month_index between plan_months.first_month_index and plan_months.month_index then 1
            end
        ) as actual_months,
        sum(
            case
                when
                    whole_months.month_index >= plan_months.baseline_first_month_index
                    and whole_months.month_index
                    < plan_months.baseline_first_month_index + plan_months.months_elapsed
                    then whole_months.value
            end
        ) as baseline_ytd,
        count(
            case
                when
                    whole_months.month_index >= plan_months.baseline_first_month_index
                    and whole_months.month_index
                    < plan_months.baseline_first_month_index + plan_months.months_elapsed
                    then 1
            end
        ) as baseline_months,
        sum(
            case
                when
                    whole_months.month_index between plan_months.baseline_first_month_index
                    and plan_months.baseline_first_month_index + 11
                    then whole_months.value
            end
        ) as baseline_fy,
        count(
            case
                when
                    whole_months.month_index between plan_months.baseline_first_month_index
                    and plan_months.baseline_first_month_index + 11
                    then 1
            end
        ) as baseline_fy_months
    from plan_months
    left join whole_months
        on
            plan_months.plan_id = whole_months.plan_id
            and plan_months.financial_year = whole_months.financial_year
    group by plan_months.plan_id, plan_months.financial_year, plan_months.month

),

-- what stands in the way of the year to date, the withheld before the missing, and of the baseline after it
ranked_gaps as (

    select
        plan_months.plan_id,
        plan_months.financial_year,
        plan_months.month,
        component_gaps.cause,
        component_gaps.wording,
        component_gaps.month_index >= plan_months.first_month_index as is_of_year,
        row_number() over (
            partition by plan_months.plan_id, plan_months.financial_year, plan_months.month
            order by
                case when component_gaps.month_index >= plan_months.first_month_index then 0 else 1 end asc,
                component_gaps.cause desc, component_gaps.month_index asc, component_gaps.wording asc
        ) as turn
    from plan_months
    inner join component_gaps
        on
            plan_months.plan_id = component_gaps.plan_id
            and plan_months.financial_year = component_gaps.financial_year
            and (
                component_gaps.month_index between plan_months.first_month_index and plan_months.month_index
                or (
                    plan_months.baseline_first_month_index <= component_gaps.month_index
                    and plan_months.baseline_first_month_index + plan_months.months_elapsed
                    > component_gaps.month_index
                )
            )

),

least_settled as (

    select
        plan_months.plan_id,
        plan_months.financial_year,
        plan_months.month,
        min(settled_months.settledness) as settledness
    from plan_months
    inner join settled_months on plan_months.dataset = settled_months.dataset
    inner join calendar
        on
            settled_months.month = calendar.month
            and calendar.month_index between plan_months.first_month_index and plan_months.month_index
    group by plan_months.plan_id, plan_months.financial_year, plan_months.month

),

positions as (

    select
        plan_months.plan_id,
        plan_months.financial_year,
        plan_months.month,
        plan_months.commissioner_code,
        plan_months.name,
        plan_months.component_id,
        plan_months.unit,
        plan_months.plan_rule,
        plan_months.baseline_year,
        plan_months.remark,
        plan_months.source,
        case when sums.actual_months > 0 then sums.actual_month end as actual_month,
        case when sums.actual_months = plan_months.months_elapsed then sums.actual_ytd end as actual_ytd,
        case when sums.baseline_months = plan_months.months_elapsed then sums.baseline_ytd end as baseline_ytd,
        case when sums.baseline_fy_months = 12 then sums.baseline_fy end as baseline_fy,
        cast(
            round(plan_months.reduction * plan_months.months_elapsed / 12, 5) as decimal(28, 5)
        ) as planned_reduction_ytd,
        plan_months.reduction as planned_reduction_fy,
        ranked_gaps.cause,
        ranked_gaps.wording,
        ranked_gaps.is_of_year,
        least_settled.settledness
    from plan_months
    inner join sums
        on
            plan_months.plan_id = sums.plan_id
            and plan_months.financial_year = sums.financial_year
            and plan_months.month = sums.month
    left join ranked_gaps
        on
            plan_months.plan_id = ranked_gaps.plan_id
            and plan_months.financial_year = ranked_gaps.financial_year
            and plan_months.month = ranked_gaps.month
            and ranked_gaps.turn = 1
    left join least_settled
        on
            plan_months.plan_id = least_settled.plan_id
            and plan_months.financial_year = least_settled.financial_year
            and plan_months.month = least_settled.month

),

final as (

    select
        *,
        baseline_ytd - planned_reduction_ytd as plan_ytd,
        baseline_fy - planned_reduction_fy as plan_fy,
        case
            when component_id is null then 'awaiting'
            when actual_ytd is not null and (plan_rule <> 'reduction' or baseline_ytd is not null) then 'ok'
            when cause = 'withheld' then 'withheld'
            else 'awaiting'
        end as state
    from positions

)

select
    cast(plan_id as string) as plan_id,
    cast(financial_year as string) as financial_year,
    cast(month as date) as month,
    cast(commissioner_code as string) as commissioner_code,
    cast(name as string) as name,
    cast(component_id as string) as component_id,
    cast(unit as string) as unit,
    cast(plan_rule as string) as plan_rule,
    cast(baseline_year as string) as baseline_year,
    cast(actual_month as decimal(28, 5)) as actual_month,
    cast(actual_ytd as decimal(28, 5)) as actual_ytd,
    cast(baseline_ytd as decimal(28, 5)) as baseline_ytd,
    cast(planned_reduction_ytd as decimal(28, 5)) as planned_reduction_ytd,
    cast(plan_ytd as decimal(28, 5)) as plan_ytd,
    cast(actual_ytd - plan_ytd as decimal(28, 5)) as variance_ytd,
    cast(baseline_ytd - actual_ytd as decimal(28, 5)) as achieved_reduction_ytd,
    cast(baseline_fy as decimal(28, 5)) as baseline_fy,
    cast(planned_reduction_fy as decimal(28, 5)) as planned_reduction_fy,
    cast(plan_fy as decimal(28, 5)) as plan_fy,
    cast(state as string) as state,
    cast(
        case
            when component_id is null then 'no feed of this version holds it'
            when state = 'ok' and plan_rule = 'chart_only' then 'the plan is printed as a chart only'
            when state = 'ok' then null
            when wording is null then concat('awaiting ', component_id)
            else concat(state, case when is_of_year then ' ' else ' baseline ' end, wording)
        end as string
    ) as state_reason,
    cast(
        case settledness
            when 1 then 'estimate'
            when 2 then 'flex'
            when 3 then 'freeze'
            when 4 then 'final'
        end as string
    ) as activity_status,
    cast(remark as string) as remark,
    cast(source as string) as source
from final
