-- One row per commissioner, month, code and measure: incomplete pathways of all its providers.
with waits as (

    select * from {{ ref('int_performance__provider_wait') }}
    where dataset = 'rtt_waiting_list'

),

summed as (

    select
        commissioner_code,
        month,
        code,
        sum(numerator) as within_18,
        sum(denominator) as waiting,
        sum(over_52) as over_52
    from waits
    group by commissioner_code, month, code

),

measures as (

    select
        commissioner_code,
        month,
        code,
        'within_18' as measure,
        within_18 as value
    from summed
    union all
    select
        commissioner_code,
        month,
        code,
        'waiting' as measure,
        waiting as value
    from summed
    union all
    select
        commissioner_code,
        month,
        code,
        'over_52' as measure,
        over_52 as value
    from summed

)

select
    cast('rtt_waiting_list' as string) as dataset,
    cast(commissioner_code as string) as org_code,
    cast(month as date) as month,
    cast(code as string) as code,
    cast(measure as string) as measure,
    cast(value as decimal(28, 5)) as value
from measures
