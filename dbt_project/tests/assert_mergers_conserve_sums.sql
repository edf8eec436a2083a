-- Fails on a component and month whose sum over practices differs between the feed, as_at and current: a merger moves
-- activity to another code, it neither loses nor doubles any.
with component_values as (

    select * from {{ ref('int_indicators__component_value') }}

),

org_components as (

    select * from {{ ref('int_indicators__org_component_month') }}

),

received as (

    select
        component_id,
        month,
        sum(value) as value
    from component_values
    group by component_id, month

),

mapped as (

    select
        component_id,
        month,
        sum(case when org_view = 'as_at' then value else 0 end) as as_at_value,
        sum(case when org_view = 'current' then value else 0 end) as current_value
    from org_components
    where org_type = 'practice'
    group by component_id, month

)

select
    mapped.*,
    received.value as received_value
from mapped
left join received
    on
        mapped.component_id = received.component_id
        and mapped.month = received.month
where
    received.value is distinct from mapped.as_at_value
    or received.value is distinct from mapped.current_value
