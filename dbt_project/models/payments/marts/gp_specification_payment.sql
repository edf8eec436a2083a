-- One row per practice, quarter end and indicator of the GP Specification with a rate or the place for one: the band
-- achieved, and what it earns. Practices of other commissioners are theirs to pay.
with rates as (

    select * from {{ ref('gp_spec_payment_rate') }}

),

results as (

    select * from {{ ref('indicator_result') }}

),

practice_months as (

    select * from {{ ref('practice_month') }}

),

paid_indicators as (

    select distinct
        indicator_id,
        version
    from rates

),

quarter_results as (

    select
        results.org_code as practice_code,
        results.period_end,
        results.indicator_id,
        results.version,
        results.band,
        results.state,
        results.state_reason
    from results
    inner join paid_indicators
        on
            results.indicator_id = paid_indicators.indicator_id
            and results.version = paid_indicators.version
    where
        results.is_headline
        and results.org_view = 'as_at'
        and results.org_type = 'practice'
        and extract(month from results.period_end) in (3, 6, 9, 12)

),

rated as (

    select
        quarter_results.practice_code,
        quarter_results.period_end,
        quarter_results.indicator_id,
        quarter_results.version,
        quarter_results.band,
        practice_months.carr_hill_weighted_list as weighted_patients,
        rates.rate_per_weighted_patient,
        case
            when quarter_results.state <> 'ok' then 'awaiting'
            when quarter_results.band is null then 'band_not_known'
            when rates.rate_per_weighted_patient is null then 'rate_not_set'
            when practice_months.carr_hill_weighted_list is null then 'list_not_known'
            else 'computed'
        end as state,
        case when quarter_results.state <> 'ok' then coalesce(quarter_results.state_reason, quarter_results.state) end
            as result_reason
    from quarter_results
    left join practice_months
        on
            quarter_results.practice_code = practice_months.practice_code
            and extract(year from quarter_results.period_end) = extract(year from practice_months.month)
            and extract(month from quarter_results.period_end) = extract(month from practice_months.month)
    left join rates
        on
            quarter_results.indicator_id = rates.indicator_id
            and quarter_results.version = rates.version
            and quarter_results.band = rates.band
            and quarter_results.period_end >= rates.valid_from
            and quarter_results.period_end <= coalesce(rates.valid_to, make_date(9999, 12, 31))
    where practice_months.practice_code is null or {{ is_own('practice_months.commissioner_code') }}

)

select
    cast(practice_code as string) as practice_code,
    cast(period_end as date) as period_end,
    cast(indicator_id as string) as indicator_id,
    cast(version as string) as version,
    cast(band as string) as band,
    cast(weighted_patients as decimal(18, 2)) as weighted_patients,
    cast(rate_per_weighted_patient as decimal(18, 4)) as rate_per_weighted_patient,
    cast(
        case
            when state = 'computed'
                then round(cast(weighted_patients as decimal(18, 2)) * rate_per_weighted_patient, 2)
        end as decimal(18, 2)
    ) as amount,
    cast(state as string) as state,
    cast(
        case state
            when 'awaiting' then result_reason
            when 'band_not_known' then 'no printed cut-point says which band'
            when 'rate_not_set' then 'no rate is decided for the band (seed gp_spec_payment_rate)'
            when 'list_not_known' then 'no weighted list serves the last month of the quarter'
        end as string
    ) as state_reason
from rated
