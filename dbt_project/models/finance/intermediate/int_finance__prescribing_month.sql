-- One row per commissioner and month of prescribing that was received: whether a gate withholds some of it, and when it
-- came.
with data_months as (

    select * from {{ ref('stg_ledger__data_month') }}

),

withheld as (

    select * from {{ ref('stg_ledger__withheld') }}
    where dataset = 'epd'

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

submissions as (

    select * from {{ ref('stg_ledger__submission') }}

),

own_commissioners as (

    select own_commissioners.entity_code
    from {{ own_commissioners() }}

),

-- a practice of somebody else takes nothing from the commissioner's sums
withheld_months as (

    select distinct
        own_commissioners.entity_code,
        withheld.month
    from withheld
    left join code_map
        on
            code_map.org_view = 'as_at'
            and withheld.month = code_map.month
            and withheld.practice_code = code_map.practice_code
    left join memberships
        on
            memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
            and withheld.month = memberships.month
            and coalesce(code_map.mapped_practice_code, withheld.practice_code) = memberships.practice_code
    inner join own_commissioners
        on withheld.practice_code is null or memberships.org_code = own_commissioners.entity_code

),

receipts as (

    select
        month,
        max(received_at) as received_at
    from submissions
    where
        dataset = 'epd'
        and is_current
    group by month

),

final as (

    select
        own_commissioners.entity_code,
        data_months.month,
        withheld_months.month is not null as is_withheld,
        receipts.received_at
    from data_months
    cross join own_commissioners
    left join withheld_months
        on
            own_commissioners.entity_code = withheld_months.entity_code
            and data_months.month = withheld_months.month
    left join receipts on data_months.month = receipts.month
    where
        data_months.dataset = 'epd'
        and data_months.is_loaded

)

select * from final
