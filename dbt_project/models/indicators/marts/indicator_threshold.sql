-- One row per set of reference, kind (target or band), indicator version, band, organisation and span of days.
with reference as (

    select * from {{ ref('int_indicators__reference') }}
    where
        coalesce(org_type, 'none') <> 'commissioner'
        or org_code is null
        or {{ is_own('org_code') }}

)

select
    cast(commissioner_code as string) as commissioner_code,
    cast(indicator_id as string) as indicator_id,
    cast(version as string) as version,
    cast(kind as string) as kind,
    cast(org_type as string) as org_type,
    cast(org_code as string) as org_code,
    cast(band as string) as band,
    cast(band_order as integer) as band_order,
    cast(rule as string) as rule,
    cast(figure as decimal(18, 5)) as figure,
    cast(alternative_figure as decimal(18, 5)) as alternative_figure,
    cast(reduction as decimal(18, 5)) as reduction,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(approved_by as string) as approved_by,
    cast(approved_on as date) as approved_on,
    cast(source as string) as source
from reference
