-- One row per indicator version, organisation and month with a figure of that month alone: the control chart that ends
-- with it.
with charts as (

    select * from {{ ref('int_statistics__spc') }}

),

definitions as (

    select * from {{ ref('indicator_definition') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

results as (

    select * from {{ ref('int_indicators__banded') }}
    where is_headline and org_view = 'as_at'

),

final as (

    select
        charts.*,
        calendar.period_end,
        results.target,
        case
            when results.target is null or charts.upper_limit is null then null
            when definitions.direction = 'neutral' then null
            when
                results.target >= charts.lower_limit - {{ float_slack('charts.mean') }}
                and results.target <= charts.upper_limit + {{ float_slack('charts.mean') }}
                then 'hit_or_miss'
            when definitions.direction = 'up' and results.target > charts.upper_limit then 'fail'
            when definitions.direction = 'down' and results.target < charts.lower_limit then 'fail'
            when definitions.direction in ('up', 'down') then 'pass'
        end as assurance
    from charts
    inner join definitions
        on
            charts.indicator_id = definitions.indicator_id
            and charts.version = definitions.version
    inner join calendar on charts.month = calendar.month
    left join results
        on
            charts.indicator_id = results.indicator_id
            and charts.version = results.version
            and charts.org_type = results.org_type
            and charts.org_code = results.org_code
            and charts.month = results.month

)

select
    cast(indicator_id as string) as indicator_id,
    cast(version as string) as version,
    cast(org_type as string) as org_type,
    cast(org_code as string) as org_code,
    cast(month as date) as month,
    cast(period_end as date) as period_end,
    cast(value as double) as value,
    cast(months_a_rate as integer) as months_a_rate,
    cast(point_count as integer) as point_count,
    cast(mean as double) as mean,
    cast(average_moving_range as double) as average_moving_range,
    cast(lower_limit as double) as lower_limit,
    cast(upper_limit as double) as upper_limit,
    cast(target as double) as target,
    cast(point_flags as string) as point_flags,
    cast(variation as string) as variation,
    cast(assurance as string) as assurance
from final
