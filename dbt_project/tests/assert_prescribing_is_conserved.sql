-- Fails on a rebuilt month in which items, cost or quantity of the feed differ from the components of all practices:
-- nothing may fall out between the rows received and the components, not even rows of codes that nobody knows.
with epd as (

    select * from {{ ref('stg_prescribing__epd') }}

),

practice_components as (

    select * from {{ ref('int_prescribing__practice_component') }}

),

rebuilt as (

    select distinct month from {{ source('feed', 'rebuild_month') }}

),

received as (

    select
        epd.month,
        cast(sum(epd.items) as decimal(38, 5)) as items,
        cast(sum(epd.nic) as decimal(38, 5)) as nic,
        cast(sum(epd.actual_cost) as decimal(38, 5)) as actual_cost,
        cast(sum(epd.total_quantity) as decimal(38, 5)) as total_quantity
    from epd
    inner join rebuilt on epd.month = rebuilt.month
    group by epd.month

),

modelled as (

    select
        practice_components.month,
        sum(case when practice_components.component_id = 'rx_items' then practice_components.value end) as items,
        sum(case when practice_components.component_id = 'rx_nic' then practice_components.value end) as nic,
        sum(
            case when practice_components.component_id = 'rx_actual_cost' then practice_components.value end
        ) as actual_cost,
        sum(
            case when practice_components.component_id = 'rx_total_quantity' then practice_components.value end
        ) as total_quantity
    from practice_components
    inner join rebuilt on practice_components.month = rebuilt.month
    where practice_components.dataset = 'epd'
    group by practice_components.month

)

select
    coalesce(received.month, modelled.month) as month,
    received.items as received_items,
    modelled.items as modelled_items,
    received.actual_cost as received_actual_cost,
    modelled.actual_cost as modelled_actual_cost
from received
full outer join modelled on received.month = modelled.month
where
    received.items is distinct from modelled.items
    or received.nic is distinct from modelled.nic
    or received.actual_cost is distinct from modelled.actual_cost
    or received.total_quantity is distinct from modelled.total_quantity
