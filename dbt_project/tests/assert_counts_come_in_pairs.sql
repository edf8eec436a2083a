-- Fails where a practice has one part of an indicator of counts and not the other: its groups would count it in one sum
-- alone. A denominator of nothing needs no numerator.
with definitions as (

    select distinct
        numerator_component_id,
        denominator_component_id
    from {{ ref('int_indicators__definition') }}
    where is_counted and org_level = 'practice' and denominator_component_id is not null

),

components as (

    select * from {{ ref('int_indicators__counted_component') }}

),

numerators as (

    select
        definitions.numerator_component_id,
        definitions.denominator_component_id,
        components.org_code,
        components.month,
        components.value
    from definitions
    inner join components on definitions.numerator_component_id = components.component_id

),

denominators as (

    select
        definitions.numerator_component_id,
        definitions.denominator_component_id,
        components.org_code,
        components.month,
        components.value
    from definitions
    inner join components on definitions.denominator_component_id = components.component_id

)

select
    coalesce(numerators.numerator_component_id, denominators.numerator_component_id) as numerator_component_id,
    coalesce(numerators.org_code, denominators.org_code) as org_code,
    coalesce(numerators.month, denominators.month) as month,
    numerators.value as numerator,
    denominators.value as denominator
from numerators
full outer join denominators
    on
        numerators.numerator_component_id = denominators.numerator_component_id
        and numerators.denominator_component_id = denominators.denominator_component_id
        and numerators.org_code = denominators.org_code
        and numerators.month = denominators.month
where
    denominators.value is null
    or (numerators.value is null and denominators.value <> 0)
