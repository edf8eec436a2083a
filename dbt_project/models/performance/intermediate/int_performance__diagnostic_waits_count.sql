-- One row per commissioner, month, code and measure: who waits for a diagnostic test.
with waits as (

    select * from {{ ref('int_performance__provider_wait') }}
    where dataset = 'diagnostic_waits'

),

summed as (

    select
        commissioner_code,
        month,
        code,
        sum(numerator) as six_weeks_or_more,
        sum(denominator) as waiting
    from waits
    group by commissioner_code, month, code

),

measures as (

    select
        commissioner_code,
        month,
        code,
        'six_weeks_or_more' as measure,
        six_weeks_or_more as value
    from summed
    union all
    select
        commissioner_code,
        month,
        code,
        'waiting' as measure,
        waiting as value
    from summed

)

select
    cast('diagnostic_waits' as string) as dataset,
    cast(commissioner_code as string) as org_code,
    cast(month as date) as month,
    cast(code as string) as code,
    cast(measure as string) as measure,
    cast(value as decimal(28, 5)) as value
from measures
