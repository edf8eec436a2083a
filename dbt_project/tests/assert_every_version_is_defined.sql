-- Fails on a variant, target, band or decision of an indicator version that is not defined: it would never be used.
with definitions as (

    select * from {{ ref('indicator_definition') }}

),

used as (

    select
        'indicator_variant' as seed,
        indicator_id,
        version
    from {{ ref('indicator_variant') }}

    union

    select
        'indicator_target' as seed,
        indicator_id,
        version
    from {{ ref('indicator_target') }}

    union

    select
        'indicator_band' as seed,
        indicator_id,
        version
    from {{ ref('indicator_band') }}

    union

    select
        'indicator_config' as seed,
        indicator_id,
        version
    from {{ ref('indicator_config') }}
    where indicator_id is not null

)

select used.*
from used
left join definitions
    on
        used.indicator_id = definitions.indicator_id
        and used.version = definitions.version
where definitions.indicator_id is null
