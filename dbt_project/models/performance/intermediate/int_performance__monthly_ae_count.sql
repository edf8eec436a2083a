-- One row per provider, month, code and measure: attendances at A&E, of all types (AE) and at major departments.
with attendances as (

    select * from {{ ref('stg_performance__monthly_ae') }}
    where not is_total_row

),

measures as (

    select
        provider_code,
        month,
        'AE' as code,
        'within_4_hours' as measure,
        attendances - over_4_hours as value
    from attendances
    union all
    select
        provider_code,
        month,
        'AE' as code,
        'attendances' as measure,
        attendances as value
    from attendances
    union all
    select
        provider_code,
        month,
        'AE_TYPE_1' as code,
        'within_4_hours' as measure,
        attendances_type_1 - over_4_hours_type_1 as value
    from attendances
    union all
    select
        provider_code,
        month,
        'AE_TYPE_1' as code,
        'attendances' as measure,
        attendances_type_1 as value
    from attendances

)

select
    cast('monthly_ae' as string) as dataset,
    cast(provider_code as string) as org_code,
    cast(month as date) as month,
    cast(code as string) as code,
    cast(measure as string) as measure,
    cast(value as decimal(28, 5)) as value
from measures
