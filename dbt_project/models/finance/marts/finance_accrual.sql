-- One row per entity, accrual journal and ledger period from its posting until nothing of it is outstanding.
with journals as (

    select * from {{ ref('int_finance__journal') }}

),

periods as (

    select distinct
        entity_code,
        financial_year,
        ledger_period,
        period_index,
        month
    from journals

),

accruals as (

    select
        entity_code,
        journal_reference,
        min(period_index) as posted_index,
        case when min(line_description) = max(line_description) then max(line_description) end as line_description,
        sum(amount) as accrued
    from journals
    where entry_type = 'accrual'
    group by entity_code, journal_reference

),

reversals as (

    select
        entity_code,
        reverses,
        journal_reference,
        period_index,
        sum(amount) as amount
    from journals
    where entry_type = 'reversal'
    group by entity_code, reverses, journal_reference, period_index

),

accrual_periods as (

    select
        accruals.entity_code,
        accruals.journal_reference,
        accruals.posted_index,
        accruals.line_description,
        accruals.accrued,
        periods.financial_year,
        periods.ledger_period,
        periods.period_index,
        periods.month
    from accruals
    inner join periods
        on
            accruals.entity_code = periods.entity_code
            and accruals.posted_index <= periods.period_index

),

reversed as (

    select
        accrual_periods.entity_code,
        accrual_periods.journal_reference,
        accrual_periods.financial_year,
        accrual_periods.ledger_period,
        accrual_periods.period_index,
        accrual_periods.month,
        accrual_periods.posted_index,
        accrual_periods.line_description,
        accrual_periods.accrued,
        -- what was reversed before it was posted is of the period of its posting
        coalesce(
            sum(
                case
                    when accrual_periods.period_index in (reversals.period_index, accrual_periods.posted_index)
                        then reversals.amount
                end
            ), 0
        ) as reversed_in_period,
        coalesce(sum(reversals.amount), 0) as reversed_to_date,
        count(reversals.journal_reference) as reversal_count,
        {{ joined_text('reversals.journal_reference', 'reversals.period_index, reversals.journal_reference') }}
            as reversal_references
    from accrual_periods
    left join reversals
        on
            accrual_periods.entity_code = reversals.entity_code
            and accrual_periods.journal_reference = reversals.reverses
            and accrual_periods.period_index >= reversals.period_index
    group by
        accrual_periods.entity_code, accrual_periods.journal_reference, accrual_periods.financial_year,
        accrual_periods.ledger_period, accrual_periods.period_index, accrual_periods.month,
        accrual_periods.posted_index, accrual_periods.line_description, accrual_periods.accrued

),

outstanding as (

    select
        *,
        accrued + reversed_to_date as outstanding,
        lag(accrued + reversed_to_date) over (
            partition by entity_code, journal_reference order by period_index
        ) as previous_outstanding,
        lag(reversal_count, 1, 0) over (
            partition by entity_code, journal_reference order by period_index
        ) as previous_reversal_count
    from reversed

),

-- an accrual that is settled is told of no more, unless it is reversed again
told as (

    select
        *,
        case
            when outstanding = 0 then 'reversed'
            when outstanding * accrued < 0 then 'over_reversed'
            when reversal_count = 0 then 'open'
            else 'part_reversed'
        end as state
    from outstanding
    where
        previous_outstanding is null
        or previous_outstanding <> 0
        or reversal_count > previous_reversal_count

),

numbered as (

    select
        *,
        period_index = max(period_index) over (partition by entity_code, journal_reference) as is_latest
    from told

)

select
    cast(entity_code as string) as entity_code,
    cast(journal_reference as string) as journal_reference,
    cast(financial_year as string) as financial_year,
    cast(ledger_period as integer) as ledger_period,
    cast(month as date) as month,
    cast(line_description as string) as line_description,
    cast(accrued as decimal(18, 2)) as accrued,
    cast(reversed_in_period as decimal(18, 2)) as reversed_in_period,
    cast(reversed_to_date as decimal(18, 2)) as reversed_to_date,
    cast(outstanding as decimal(18, 2)) as outstanding,
    cast(period_index - posted_index as integer) as periods_open,
    cast(reversal_count as integer) as reversal_count,
    cast(reversal_references as string) as reversal_references,
    cast(state as string) as state,
    cast(is_latest as boolean) as is_latest
from numbered
