-- One row per entity, provider, point of delivery and month of a block contract: the year to date against the plan,
-- and what lies outside the tolerances at the marginal rate.
with plans as (

    select * from {{ ref('stg_finance__contract_plan') }}
    where
        version_age = 1
        and {{ is_own('entity_code') }}

),

activity_months as (

    select * from {{ ref('int_evidence__activity_month') }}

),

compared as (

    select
        plans.*,
        activity_months.activity
    from plans
    left join activity_months
        on
            plans.entity_code = activity_months.entity_code
            and plans.provider_code = activity_months.provider_code
            and plans.point_of_delivery = activity_months.point_of_delivery
            and plans.month = activity_months.month
    where plans.contract_type = 'block'

),

to_date as (

    select
        entity_code,
        financial_year,
        provider_code,
        point_of_delivery,
        ledger_period,
        month,
        tolerance_lower,
        tolerance_upper,
        marginal_rate,
        activity,
        cast(sum(plan_activity) over year_to_date as decimal(18, 2)) as plan_ytd,
        cast(sum(plan_cost) over year_to_date as decimal(18, 2)) as plan_cost_ytd,
        -- a year to date has every month of the plan from April, and every one of activity
        case
            when
                count(*) over year_to_date = ledger_period
                and count(activity) over year_to_date = ledger_period
                then cast(sum(activity) over year_to_date as decimal(18, 2))
        end as actual_ytd,
        count(*) over year_to_date = ledger_period as is_plan_whole
    from compared
    window year_to_date as (
        partition by entity_code, financial_year, provider_code, point_of_delivery
        order by ledger_period rows between unbounded preceding and current row
    )

),

priced as (

    select
        *,
        cast(
            round(cast(plan_cost_ytd as double) / nullif(cast(plan_ytd as double), 0), 4) as decimal(18, 4)
        ) as unit_price,
        case
            when actual_ytd > plan_ytd * (1 + tolerance_upper) then actual_ytd - plan_ytd * (1 + tolerance_upper)
            when actual_ytd < plan_ytd * (1 - tolerance_lower) then actual_ytd - plan_ytd * (1 - tolerance_lower)
            when actual_ytd is not null then 0
        end as outside
    from to_date

),

final as (

    select
        entity_code,
        financial_year,
        provider_code,
        point_of_delivery,
        ledger_period,
        month,
        cast(tolerance_lower as decimal(9, 4)) as tolerance_lower,
        cast(tolerance_upper as decimal(9, 4)) as tolerance_upper,
        cast(marginal_rate as decimal(9, 4)) as marginal_rate,
        unit_price,
        activity as actual_month,
        cast(plan_ytd as decimal(18, 2)) as plan_ytd,
        cast(actual_ytd as decimal(18, 2)) as actual_ytd,
        case
            when actual_ytd is not null
                then cast(actual_ytd as double) / nullif(cast(plan_ytd as double), 0) - 1
        end as share,
        case
            when actual_ytd is null then 'awaiting'
            when outside > 0 then 'above'
            when outside < 0 then 'below'
            else 'within'
        end as position,
        case
            when actual_ytd is not null then null
            when not is_plan_whole then 'the plan lacks a month of the year to date'
            else 'activity of a month of the year to date is not received'
        end as state_reason,
        cast(
            round(
                -- DuckDB keeps the product of decimals of up to 18 digits in 18 digits: the first is wider
                cast(outside as decimal(19, 4))
                * cast(unit_price as decimal(12, 4))
                * cast(marginal_rate as decimal(5, 4)),
                2
            ) as decimal(18, 2)
        ) as amount
    from priced

)

select * from final
