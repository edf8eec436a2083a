-- One row per event of a practice contract, as the newest export of the log has it.
with log as (

    select * from {{ source('feed', 'contract_event') }}

),

renamed as (

    select
        trim(event_id) as event_id,
        upper(trim(practice_code)) as practice_code,
        lower(trim(event_type)) as event_type,
        requested_on,
        occurred_on,
        outcome,
        replace(replace(themes, ' ', ''), ';', ',') as themes,
        as_at
    from log
    where lower(trim(record)) = 'event'

)

select * from renamed
