-- One row per entity, financial year, provider, point of delivery and month of a block contract: the year to date
-- against the plan, and what lies outside the tolerances at the marginal rate.
with contract_months as (

    select * from {{ ref('int_evidence__contract_month') }}

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(provider_code as string) as provider_code,
    cast(point_of_delivery as string) as point_of_delivery,
    cast(month as date) as month,
    cast(plan_ytd as decimal(18, 2)) as plan_ytd,
    cast(actual_ytd as decimal(18, 2)) as actual_ytd,
    cast(share as double) as share,
    cast(tolerance_lower as decimal(9, 4)) as tolerance_lower,
    cast(tolerance_upper as decimal(9, 4)) as tolerance_upper,
    cast(marginal_rate as decimal(9, 4)) as marginal_rate,
    cast(unit_price as decimal(18, 4)) as unit_price,
    cast(position as string) as position,
    cast(state_reason as string) as state_reason,
    cast(amount as decimal(18, 2)) as amount
from contract_months
