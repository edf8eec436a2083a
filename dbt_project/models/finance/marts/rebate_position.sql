-- One row per entity, rebate agreement and month: what is due by its terms beside what was claimed.
with rebate_months as (

    select * from {{ ref('int_evidence__rebate_month') }}

)

select
    cast(entity_code as string) as entity_code,
    cast(rebate_term_id as string) as rebate_term_id,
    cast(month as date) as month,
    cast(name as string) as name,
    cast(bnf_prefix as string) as bnf_prefix,
    cast(kind as string) as kind,
    cast(rate as decimal(18, 4)) as rate,
    cast(items as decimal(18, 5)) as items,
    cast(nic as decimal(18, 5)) as nic,
    cast(due as decimal(18, 2)) as due,
    cast(claimed as decimal(18, 2)) as claimed,
    cast(difference as decimal(18, 2)) as difference,
    cast(state as string) as state
from rebate_months
