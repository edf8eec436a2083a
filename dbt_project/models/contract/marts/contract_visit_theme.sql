-- One row per contract visit and theme that it raised.
with themes as (

    select * from {{ ref('int_contract__contract_event_theme') }}

),

of_visits as (

    select * from themes
    where event_type = 'visit'

)

select
    cast(event_id as string) as event_id,
    cast(practice_code as string) as practice_code,
    cast(occurred_on as date) as occurred_on,
    cast(theme_code as string) as theme_code,
    cast(theme_name as string) as theme_name,
    cast(theme_order as integer) as theme_order
from of_visits
