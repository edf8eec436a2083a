-- One row per commissioner, month, code and measure: patients of each cancer standard.
with waits as (

    select * from {{ ref('int_performance__provider_wait') }}
    where dataset = 'cancer_waits'

),

summed as (

    select
        commissioner_code,
        month,
        code,
        sum(numerator) as within,
        sum(denominator) as total
    from waits
    group by commissioner_code, month, code

),

measures as (

    select
        commissioner_code,
        month,
        code,
        'within' as measure,
        within as value
    from summed
    union all
    select
        commissioner_code,
        month,
        code,
        'total' as measure,
        total as value
    from summed

)

select
    cast('cancer_waits' as string) as dataset,
    cast(commissioner_code as string) as org_code,
    cast(month as date) as month,
    cast(code as string) as code,
    cast(measure as string) as measure,
    cast(value as decimal(28, 5)) as value
from measures
