-- One row per component of hospital activity, practice code as submitted, provider, specialty and month with a value
-- other than zero.
with provider_components as (

    select * from {{ ref('int_sus__provider_component') }}

)

select
    cast(component_id as string) as component_id,
    cast(practice_code as string) as practice_code,
    cast(provider_code as string) as provider_code,
    cast(treatment_function_code as string) as treatment_function_code,
    cast(month as date) as month,
    cast(value as decimal(28, 5)) as value
from provider_components
