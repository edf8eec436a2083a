-- Fails on an age band of ePACT2 that lies partly inside the ages of a component (65-74 against 70 and over): its items
-- could be neither counted nor left out.
with age_bands as (

    select
        *,
        coalesce(age_to, 999) as last_age
    from {{ ref('epact2_age_band_code') }}
    where age_from is not null

),

components as (

    select
        component_id,
        coalesce(age_from, 0) as age_from,
        coalesce(age_to, 999) as last_age
    from {{ ref('component_definition') }}
    where dataset = 'epact2_age_band'

)

select
    age_bands.age_band,
    components.component_id
from age_bands
cross join components
where
    (age_bands.age_from < components.age_from and age_bands.last_age >= components.age_from)
    or (age_bands.age_from <= components.last_age and age_bands.last_age > components.last_age)
