-- One row per indicator, version, variant, view and organisation: its newest period, with names.
{{ config(materialized='view') }}

with results as (

    select * from {{ ref('indicator_result') }}

),

indicators as (

    select * from {{ ref('indicator') }}

),

organisations as (

    select * from {{ ref('organisation') }}

),

newest_names as (

    select
        case when org_type = 'cost_centre' then 'practice' else org_type end as org_type,
        org_code,
        max_by(name, valid_from) as org_name,
        max_by(commissioner_code, valid_from) as commissioner_code
    from organisations
    group by case when org_type = 'cost_centre' then 'practice' else org_type end, org_code

),

newest_periods as (

    select
        indicator_id,
        version,
        variant,
        org_view,
        org_type,
        org_code,
        max(period_end) as period_end
    from results
    group by indicator_id, version, variant, org_view, org_type, org_code

),

newest as (

    select results.*
    from results
    inner join newest_periods
        on
            results.indicator_id = newest_periods.indicator_id
            and results.version = newest_periods.version
            and results.variant = newest_periods.variant
            and results.org_view = newest_periods.org_view
            and results.org_type = newest_periods.org_type
            and results.org_code = newest_periods.org_code
            and results.period_end = newest_periods.period_end

)

select
    newest.indicator_id,
    indicators.name as indicator_name,
    indicators.domain,
    indicators.unit,
    indicators.direction,
    indicators.decimals,
    newest.version,
    newest.variant,
    newest.is_headline,
    newest.org_view,
    newest.org_type,
    newest.org_code,
    newest_names.org_name,
    case when newest.org_type = 'commissioner' then newest.org_code else newest_names.commissioner_code end
        as commissioner_code,
    newest.period_end,
    newest.window_start,
    newest.months_open,
    newest.numerator,
    newest.denominator,
    newest.value,
    newest.target,
    newest.alternative_target,
    newest.band,
    newest.rag,
    newest.baseline_value,
    newest.previous_value,
    newest.trend,
    newest.trend_meaning,
    newest.numbers_achieving,
    newest.orgs_judged,
    newest.orgs_expected,
    newest.spc_variation,
    newest.outlier,
    newest.state,
    newest.state_reason,
    newest.data_month,
    newest.activity_status,
    newest.release_id
from newest
left join indicators
    on
        newest.indicator_id = indicators.indicator_id
        and newest.version = indicators.version
left join newest_names
    on
        newest.org_type = newest_names.org_type
        and newest.org_code = newest_names.org_code
