-- One row per month: by which practice code activity is attributed, the submitted one or that of the spine (pds).
with calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

config as (

    select * from {{ ref('indicator_config') }}

),

ranked as (

    select
        calendar.month,
        config.value as attribution,
        row_number() over (partition by calendar.month order by config.valid_from desc nulls last) as turn
    from calendar
    left join config
        on
            config.parameter = 'sus_practice_attribution'
            and calendar.month >= coalesce(config.valid_from, make_date(1900, 1, 1))

),

attributions as (

    select
        month,
        coalesce(attribution, 'submitted') as attribution
    from ranked
    where turn = 1

)

select * from attributions
