-- The total of savings schemes is their sum, always: of what is known of them, and a run rate only where all have one.
{% set measures = [
    'plan_ytd', 'plan_ytd_reported', 'actual_ytd', 'variance_ytd', 'plan_fy', 'plan_fy_reported', 'forecast_fy',
    'stated_forecast_fy', 'variance_fy', 'unmitigated_gap', 'mitigation_value', 'slippage', 'plan_last_quarter', 'recurrent_forecast',
    'non_recurrent_forecast', 'unsplit_forecast', 'next_year_gap', 'full_year_effect', 'previous_forecast_fy',
    'forecast_change', 'forecast_last_quarter', 'schemes_expected', 'schemes_reported', 'schemes_updated'
] %}
{% set rates = ['run_rate_fy', 'run_rate_low', 'run_rate_high'] %}

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
        {% for rate in rates -%}
            case
                when count(case when scheme_id <> 'total' and {{ rate }} is null then 1 end) = 0
                    then sum(case when scheme_id <> 'total' then {{ rate }} end)
            end as {{ rate }}_of_schemes,
            max(case when scheme_id = 'total' then {{ rate }} end) as {{ rate }}_of_total,
        {% endfor -%}
        count(case when scheme_id = 'total' then 1 end) as totals
    from positions
    group by entity_code, financial_year, month

),

different as (

    select * from sums
    where
        totals <> 1
        {% for measure in measures + rates -%}
            or {{ measure }}_of_schemes is distinct from {{ measure }}_of_total
        {% endfor %}

)

select * from different
