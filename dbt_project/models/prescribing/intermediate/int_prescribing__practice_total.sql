-- One row per dataset, month and practice code as dispensed under: everything the practice has in the feed.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months() }}"
) }}

with epd as (

    select * from {{ ref('stg_prescribing__epd') }}

),

epact2_age_band as (

    select * from {{ ref('stg_prescribing__epact2_age_band') }}

),

age_bands as (

    select * from {{ ref('epact2_age_band_code') }}

),

epd_totals as (

    select
        'epd' as dataset,
        month,
        practice_code,
        count(*) as row_count,
        sum(items) as items,
        sum(total_quantity) as total_quantity,
        sum(nic) as nic,
        sum(actual_cost) as actual_cost,
        sum(case when is_unidentified then items else 0 end) as unidentified_items,
        0 as unknown_band_items
    from epd
    where {{ only_rebuilt_months('month') }}
    group by month, practice_code

),

epact2_totals as (

    select
        'epact2_age_band' as dataset,
        epact2_age_band.month,
        epact2_age_band.practice_code,
        count(*) as row_count,
        sum(epact2_age_band.items) as items,
        sum(epact2_age_band.total_quantity) as total_quantity,
        sum(epact2_age_band.nic) as nic,
        sum(epact2_age_band.actual_cost) as actual_cost,
        0 as unidentified_items,
        sum(case when age_bands.age_band is null then epact2_age_band.items else 0 end) as unknown_band_items
    from epact2_age_band
    left join age_bands on epact2_age_band.age_band = age_bands.age_band
    where {{ only_rebuilt_months('epact2_age_band.month') }}
    group by epact2_age_band.month, epact2_age_band.practice_code

),

totals as (

    select * from epd_totals
    union all
    select * from epact2_totals

),

typed as (

    select
        dataset,
        month,
        practice_code,
        cast(row_count as bigint) as row_count,
        cast(items as decimal(28, 5)) as items,
        cast(total_quantity as decimal(28, 5)) as total_quantity,
        cast(nic as decimal(28, 5)) as nic,
        cast(actual_cost as decimal(28, 5)) as actual_cost,
        cast(unidentified_items as decimal(28, 5)) as unidentified_items,
        cast(unknown_band_items as decimal(28, 5)) as unknown_band_items
    from totals

)

select * from typed
