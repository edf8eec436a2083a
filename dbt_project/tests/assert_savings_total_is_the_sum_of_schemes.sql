-- The total of savings schemes is their sum, always: of what is known of them.
{% set measures = [
    'plan_ytd', 'plan_ytd_reported', 'actual_ytd', 'variance_ytd', 'plan_fy', 'plan_fy_reported', 'forecast_fy',
    'stated_forecast_fy', 'variance_fy', 'unmitigated_gap', 'mitigation_value', 'slippage', 'plan_last_quarter', 'recurrent_forecast',
    'non_recurrent_forecast', 'unsplit_forecast', 'next_year_gap', 'full_year_effect', 'previous_forecast_fy',
    'forecast_change', 'forecast_last_quarter', 'schemes_expected', 'schemes_reported', 'schemes_updated', 'run_rate_fy',
    'run_rate_low', 'run_rate_high', 'run_rate_schemes', 'run_rate_plan_fy', 'next_year_gap_schemes',
    'forecast_change_schemes'
] %}

with positions as (

    select * from {{ ref('cres_position') }}

),

sums as (

    select
        entity_code,
        financial_year,
        month,
        {% for measure in measures -%}
            sum(case when scheme_id <> 'total' then {{ measure }} end) as {{ measure }}_of_schemes,
            max(case when scheme_id = 'total' then {{ measure }} end) as {{ measure }}_of_total,
        {% endfor -%}
        count(case when scheme_id = 'total' then 1 end) as totals
    from positions
    group by entity_code, financial_year, month

),

different as (

    select * from sums
    where
        totals <> 1
        {% for measure in measures -%}
            or {{ measure }}_of_schemes is distinct from {{ measure }}_of_total
        {% endfor %}

)

select * from different
