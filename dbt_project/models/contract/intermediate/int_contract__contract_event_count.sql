-- One row per practice, month, kind of event (code) and whether it took place or was asked for then (measure).
with log as (

    select * from {{ ref('stg_contract__contract_event') }}

),

dated as (

    select
        practice_code,
        cast(date_trunc('month', occurred_on) as date) as month,
        upper(event_type) as code,
        'events' as measure
    from log
    where occurred_on is not null
    union all
    select
        practice_code,
        cast(date_trunc('month', requested_on) as date) as month,
        upper(event_type) as code,
        'requests' as measure
    from log
    where requested_on is not null

),

counted as (

    select
        'contract_event' as dataset,
        practice_code as org_code,
        month,
        code,
        measure,
        cast(count(*) as decimal(28, 5)) as value
    from dated
    group by practice_code, month, code, measure

)

select * from counted
