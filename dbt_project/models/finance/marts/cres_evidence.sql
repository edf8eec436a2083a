-- One row per entity, financial year, savings scheme and month up to its newest report: what the tracker claims
-- beside what the feeds show.
with judged as (

    select * from {{ ref('int_evidence__judged') }}

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(scheme_id as string) as scheme_id,
    cast(month as date) as month,
    cast(scheme_name as string) as scheme_name,
    cast(lead as string) as lead,
    cast(reported_month as date) as reported_month,
    cast(claimed as decimal(18, 2)) as claimed,
    cast(evidenced as decimal(18, 2)) as evidenced,
    cast(difference as decimal(18, 2)) as difference,
    cast(evidence_method as string) as method,
    cast(case when state <> 'not_visible' then basis end as string) as basis,
    cast(state as string) as state,
    cast(state_reason as string) as state_reason,
    cast(has_cost_break as boolean) as has_cost_break,
    cast(baseline_cost as decimal(18, 2)) as baseline_cost,
    cast(cost as decimal(18, 2)) as cost,
    cast(price_effect as decimal(18, 2)) as price_effect,
    cast(volume_effect as decimal(18, 2)) as volume_effect,
    cast(mix_effect as decimal(18, 2)) as mix_effect,
    cast(list_effect as decimal(18, 2)) as list_effect,
    cast(nic_saving as decimal(18, 2)) as nic_saving,
    cast(actual_cost_saving as decimal(18, 2)) as actual_cost_saving,
    cast(patient_count as decimal(18, 2)) as patient_count,
    cast(baseline_patient_count as decimal(18, 2)) as baseline_patient_count,
    cast(unit_price as decimal(18, 4)) as unit_price
from judged
