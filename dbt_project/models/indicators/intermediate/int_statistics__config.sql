-- One row per month: the constants of the statistics in force on its first day.
{% set parameters = [
    'spc_points_most', 'spc_points_least', 'spc_limit', 'spc_near', 'spc_range_left_out', 'spc_run', 'funnel_alert_z',
    'funnel_outlier_z', 'funnel_numerator_least', 'denominator_least', 'interval_z', 'peer_lists', 'peer_deprivation',
] %}
with config as (

    select * from {{ ref('statistic_config') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

in_force as (

    select
        calendar.month,
        config.parameter,
        config.value,
        row_number() over (partition by calendar.month, config.parameter order by config.valid_from desc) as recency
    from calendar
    inner join config on calendar.month >= config.valid_from

),

final as (

    select
        month,
    {% for parameter in parameters %}
        max(case when parameter = '{{ parameter }}' then cast(value as double) end) as {{ parameter }}
        {{- ',' if not loop.last }}
    {% endfor %}
    from in_force
    where recency = 1
    group by month

)

select * from final
