-- One row per event of a practice contract, with whether the log holds all of its kind on its day.
with log as (

    select * from {{ ref('stg_contract__contract_event') }}

),

coverage as (

    select * from {{ ref('stg_contract__contract_event_coverage') }}

),

-- what was asked for and has not taken place counts on the day on which it was asked for
dated as (

    select
        *,
        coalesce(occurred_on, requested_on) as counted_on
    from log

),

covered as (

    select
        dated.*,
        coalesce(
            dated.counted_on >= coverage.complete_from and dated.counted_on <= coverage.complete_to, false
        ) as is_complete
    from dated
    left join coverage on dated.event_type = coverage.event_type

)

select
    cast(event_id as string) as event_id,
    cast(event_type as string) as event_type,
    cast(practice_code as string) as practice_code,
    cast(requested_on as date) as requested_on,
    cast(occurred_on as date) as occurred_on,
    cast(outcome as string) as outcome,
    is_complete,
    cast(as_at as date) as as_at
from covered
