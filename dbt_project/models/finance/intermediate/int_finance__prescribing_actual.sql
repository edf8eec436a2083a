-- One row per month of prescribing that was received: actual cost of the practices that are the commissioner's in it.
with practice_totals as (

    select * from {{ ref('int_prescribing__practice_total') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

data_months as (

    select * from {{ ref('stg_ledger__data_month') }}

),

submissions as (

    select * from {{ ref('stg_ledger__submission') }}

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

loaded_months as (

    select month from data_months
    where
        dataset = 'epd'
        and is_loaded

),

own_totals as (

    select
        practice_totals.month,
        practice_totals.actual_cost
    from practice_totals
    inner join memberships
        on
            practice_totals.practice_code = memberships.practice_code
            and practice_totals.month = memberships.month
            and memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
    where practice_totals.dataset = 'epd'

),

-- a month that was received without a row of the commissioner is not known to have cost nothing: null
summed as (

    select
        loaded_months.month,
        cast(extract(year from loaded_months.month) * 12 + extract(month from loaded_months.month) - 1 as integer)
            as month_index,
        cast(sum(own_totals.actual_cost) as decimal(18, 2)) as actual_cost,
        max(receipts.received_at) as received_at
    from loaded_months
    left join own_totals on loaded_months.month = own_totals.month
    left join receipts on loaded_months.month = receipts.month
    group by loaded_months.month

)

select * from summed
