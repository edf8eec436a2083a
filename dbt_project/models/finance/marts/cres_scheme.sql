-- One row per entity, financial year and savings scheme of the plan in force.
with plan_vintages as (

    select * from {{ ref('int_cres__plan_vintage') }}

),

schemes as (

    select
        *,
        -- what nobody has split stays unsplit
        case
            when recurrence = 'recurrent' then net_plan
            when recurrence = 'non_recurrent' then 0
            when recurrence = 'mixed' then recurrent_plan
        end as recurrent_part
    from plan_vintages
    where
        version_age = 1
        and row_type = 'line'

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(scheme_id as string) as scheme_id,
    cast(scheme_name as string) as scheme_name,
    cast(category as string) as category,
    cast(lead as string) as lead,
    cast(finance_lead as string) as finance_lead,
    cast(recurrence as string) as recurrence,
    cast(cash_releasing as string) as cash_releasing,
    cast(start_date as date) as start_date,
    cast(end_date as date) as end_date,
    cast(gross_plan as decimal(18, 2)) as gross_plan,
    cast(investment as decimal(18, 2)) as investment,
    cast(net_plan as decimal(18, 2)) as net_plan,
    cast(recurrent_part as decimal(18, 2)) as recurrent_plan,
    cast(net_plan - recurrent_part as decimal(18, 2)) as non_recurrent_plan,
    cast(case when recurrent_part is null then net_plan else 0 end as decimal(18, 2)) as unsplit_plan,
    cast(full_year_effect as decimal(18, 2)) as full_year_effect,
    cast(plan_version as bigint) as plan_version,
    cast(claims as string) as claims,
    cast(evidence_method as string) as evidence_method
from schemes
