-- Fails on a definition without a worked example, and on an example that does not work.
with definitions as (

    select * from {{ ref('indicator_definition') }}

),

examples as (

    select * from {{ ref('indicator_example') }}

)

select
    definitions.indicator_id,
    definitions.version,
    examples.value,
    round(
        cast(definitions.multiplier as double) * cast(examples.numerator as double)
        / coalesce(cast(examples.denominator as double), 1), definitions.decimals
    ) as worked
from definitions
left join examples
    on
        definitions.indicator_id = examples.indicator_id
        and definitions.version = examples.version
where
    examples.value is null
    or abs(
        cast(examples.value as double) - cast(definitions.multiplier as double) * cast(examples.numerator as double)
        / coalesce(cast(examples.denominator as double), 1)
    ) > 0.5 * power(10, -definitions.decimals) + 1e-9
