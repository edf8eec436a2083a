-- One row per component, practice code as in the feed, and month: the numerators and denominators of every indicator.
with component_values as (

    select * from {{ ref('int_indicators__component_value') }}

)

select
    cast(component_id as string) as component_id,
    cast(practice_code as string) as practice_code,
    cast(month as date) as month,
    cast(value as decimal(28, 5)) as value,
    cast(is_complete as boolean) as is_complete,
    cast(data_month as date) as data_month
from component_values
