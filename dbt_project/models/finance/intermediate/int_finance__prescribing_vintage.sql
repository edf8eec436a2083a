-- One row per commissioner, financial year and month of it in which a prescribing forecast can be made: what was known
-- of actual cost. The forecast of a month uses actuals up to as many months before as prescribing is behind.
with actuals as (

    select * from {{ ref('int_finance__prescribing_actual') }}

),

positions as (

    select * from {{ ref('finance_position') }}

),

profiles as (

    select * from {{ ref('prescribing_profile') }}

),

config as (

    select * from {{ ref('int_finance__config') }}

),

profile_spans as (

    select
        ledger_period,
        share,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by ledger_period order by valid_from), make_date(9999, 12, 31)
        ) as next_valid_from
    from profiles

),

ledger_months as (

    select distinct
        entity_code,
        month,
        cast(extract(year from month) * 12 + extract(month from month) - 1 as integer) as month_index
    from positions
    where
        {{ is_own('entity_code') }}
        and is_current

),

-- an actual of a month first serves the forecast of a later one
known_months as (

    select
        entity_code,
        month_index
    from ledger_months

    union all

    select
        actuals.entity_code,
        actuals.month_index + cast(config.value as integer) as month_index
    from actuals
    inner join config
        on
            config.parameter = 'prescribing_lag_months'
            and actuals.month between config.valid_from and config.valid_to

),

bounds as (

    select
        entity_code,
        min(month_index) as first_month_index,
        max(month_index) as last_month_index
    from known_months
    group by entity_code

),

first_months as (

    select distinct
        entity_code,
        cast(floor((month_index - 3) / 12) as integer) as first_year
    from known_months

),

months as (

    select
        first_months.entity_code,
        first_months.first_year,
        concat(
            cast(first_months.first_year as string), '/',
            lpad(cast((first_months.first_year + 1) % 100 as string), 2, '0')
        ) as financial_year,
        profile_spans.ledger_period,
        first_months.first_year * 12 + 3 as april_index,
        first_months.first_year * 12 + 2 + profile_spans.ledger_period as month_index
    from first_months
    inner join profile_spans
        on
            make_date(first_months.first_year, 4, 1) >= profile_spans.valid_from
            and make_date(first_months.first_year, 4, 1) < profile_spans.next_valid_from

),

dated as (

    select
        months.*,
        make_date(
            cast(floor(months.month_index / 12) as integer), cast(months.month_index % 12 + 1 as integer), 1
        ) as month
    from months
    inner join bounds
        on
            months.entity_code = bounds.entity_code
            and months.month_index between bounds.first_month_index and bounds.last_month_index

),

lagged as (

    select
        dated.*,
        cast(config.value as integer) as lag_months,
        dated.month_index - cast(config.value as integer) as data_to_index,
        dated.month_index - cast(config.value as integer) - dated.april_index + 1 as due_months
    from dated
    inner join config
        on
            config.parameter = 'prescribing_lag_months'
            and dated.month between config.valid_from and config.valid_to

),

summed as (

    select
        lagged.entity_code,
        lagged.financial_year,
        lagged.ledger_period,
        lagged.month,
        lagged.month_index,
        lagged.april_index,
        lagged.lag_months,
        lagged.data_to_index,
        lagged.due_months,
        count(actuals.actual_cost) as known_count,
        count(case when actuals.is_withheld then 1 end) as withheld_count,
        max(actuals.received_at) as received_at,
        sum(actuals.actual_cost) as actual_cost
    from lagged
    left join actuals
        on
            lagged.entity_code = actuals.entity_code
            and lagged.april_index <= actuals.month_index
            and lagged.data_to_index >= actuals.month_index
    group by
        lagged.entity_code, lagged.financial_year, lagged.ledger_period, lagged.month, lagged.month_index,
        lagged.april_index, lagged.lag_months, lagged.data_to_index, lagged.due_months

),

profile_shares as (

    select
        summed.entity_code,
        summed.month_index,
        sum(profile_spans.share) as profile_share
    from summed
    inner join profile_spans
        on
            summed.due_months >= profile_spans.ledger_period
            and make_date(cast(substr(summed.financial_year, 1, 4) as integer), 4, 1) >= profile_spans.valid_from
            and make_date(cast(substr(summed.financial_year, 1, 4) as integer), 4, 1) < profile_spans.next_valid_from
    group by summed.entity_code, summed.month_index

),

described as (

    select
        summed.entity_code,
        summed.financial_year,
        summed.ledger_period,
        summed.month,
        summed.month_index,
        summed.lag_months,
        summed.due_months,
        summed.known_count,
        summed.withheld_count,
        make_date(
            cast(floor(summed.data_to_index / 12) as integer), cast(summed.data_to_index % 12 + 1 as integer), 1
        ) as data_to,
        case
            when summed.due_months < 1 then 'not_started'
            when summed.known_count < summed.due_months then 'awaiting'
            else 'ok'
        end as state,
        case
            when summed.due_months >= 1 and summed.known_count = summed.due_months then summed.actual_cost
        end as actual_to_date,
        case
            when summed.due_months >= 1 and summed.known_count = summed.due_months then summed.received_at
        end as received_at,
        profile_shares.profile_share
    from summed
    left join profile_shares
        on
            summed.entity_code = profile_shares.entity_code
            and summed.month_index = profile_shares.month_index

)

select * from described
