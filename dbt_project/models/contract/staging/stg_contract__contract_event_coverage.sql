-- One row per kind of event that the newest export of the log names: from and to which day it holds all of them.
with log as (

    select * from {{ source('feed', 'contract_event') }}

),

renamed as (

    select
        lower(trim(event_type)) as event_type,
        complete_from,
        complete_to,
        complete_to is not null as is_covered,
        as_at
    from log
    where lower(trim(record)) = 'coverage'

)

select * from renamed
