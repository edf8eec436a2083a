-- One row per commissioner and month of prescribing that was received: actual cost of the practices that are the
-- commissioner's in it.
with practice_totals as (

    select * from {{ ref('int_prescribing__practice_total') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

prescribing_months as (

    select * from {{ ref('int_finance__prescribing_month') }}

),

own_totals as (

    select
        memberships.org_code as entity_code,
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

-- a month that was received without a row of the commissioner is not known to have cost nothing, nor is one of which a
-- gate withholds a part: null
summed as (

    select
        prescribing_months.entity_code,
        prescribing_months.month,
        cast(
            extract(year from prescribing_months.month) * 12
            + extract(month from prescribing_months.month) - 1 as integer
        ) as month_index,
        cast(
            case when not prescribing_months.is_withheld then sum(own_totals.actual_cost) end as decimal(18, 2)
        ) as actual_cost,
        prescribing_months.is_withheld,
        prescribing_months.received_at
    from prescribing_months
    left join own_totals
        on
            prescribing_months.entity_code = own_totals.entity_code
            and prescribing_months.month = own_totals.month
    group by
        prescribing_months.entity_code, prescribing_months.month, prescribing_months.is_withheld,
        prescribing_months.received_at

)

select * from summed
