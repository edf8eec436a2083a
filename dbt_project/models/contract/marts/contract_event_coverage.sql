-- One row per kind of event that the newest export of the log names: from and to which day it holds all of them.
with coverage as (

    select * from {{ ref('stg_contract__contract_event_coverage') }}

)

select
    cast(event_type as string) as event_type,
    cast(complete_from as date) as complete_from,
    cast(complete_to as date) as complete_to,
    is_covered,
    cast(as_at as date) as as_at
from coverage
