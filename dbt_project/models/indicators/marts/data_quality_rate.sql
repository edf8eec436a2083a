-- One row per share that the quality rules watch, provider, activity dataset and month of what is in force.
with observations as (

    select * from {{ ref('int_sus__quality_observation') }}
    where
        vintage_id is null
        and treatment_function_code = ''
        and measure not in ('volume', 'episodes_per_spell')
        and judged > 0

)

select
    cast(dataset as string) as dataset,
    cast(provider_code as string) as provider_code,
    cast(month as date) as month,
    cast(measure as string) as measure,
    cast(judged as bigint) as row_count,
    cast(seen as double) as rate
from observations
