-- One row per month, practice code as dispensed under, and prescribing component; 0 where a practice with rows in the
-- month has none of that component (observed zero), no row where the practice has no rows at all (missing).
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

practice_totals as (

    select * from {{ ref('int_prescribing__practice_total') }}

),

presentations as (

    select * from {{ ref('int_prescribing__presentation') }}

),

presentation_components as (

    select * from {{ ref('int_prescribing__presentation_component') }}

),

definitions as (

    select * from {{ ref('component_definition') }}

),

age_bands as (

    select * from {{ ref('epact2_age_band_code') }}

),

epd_rows as (

    select * from epd
    where {{ only_rebuilt_months('month') }}

),

epact2_rows as (

    select * from epact2_age_band
    where {{ only_rebuilt_months('month') }}

),

-- the code list of each component, in the codes of each month
listed_codes as (

    select
        presentations.dataset,
        presentations.month,
        presentations.bnf_code,
        definitions.component_id,
        definitions.measure,
        definitions.age_from,
        definitions.age_to
    from presentations
    inner join presentation_components on presentations.mapped_bnf_code = presentation_components.mapped_bnf_code
    inner join definitions
        on
            presentation_components.component_id = definitions.component_id
            and presentations.dataset = definitions.dataset
    where {{ only_rebuilt_months('presentations.month') }}

),

epd_listed as (

    select
        epd_rows.month,
        epd_rows.practice_code,
        listed_codes.component_id,
        sum(
            case listed_codes.measure
                when 'items' then cast(epd_rows.items as decimal(18, 5))
                when 'total_quantity' then epd_rows.total_quantity
                when 'nic' then epd_rows.nic
                when 'actual_cost' then epd_rows.actual_cost
            end
        ) as value
    from epd_rows
    inner join listed_codes
        on
            listed_codes.dataset = 'epd'
            and epd_rows.month = listed_codes.month
            and epd_rows.bnf_code = listed_codes.bnf_code
    group by epd_rows.month, epd_rows.practice_code, listed_codes.component_id

),

epact2_measured as (

    select
        epact2_rows.month,
        epact2_rows.practice_code,
        listed_codes.component_id,
        case listed_codes.measure
            when 'items' then cast(epact2_rows.items as decimal(18, 5))
            when 'total_quantity' then epact2_rows.total_quantity
            when 'nic' then epact2_rows.nic
            when 'actual_cost' then epact2_rows.actual_cost
        end as measured,
        -- a band of unknown age belongs to no age range
        coalesce(
            age_bands.age_from >= coalesce(listed_codes.age_from, 0)
            and (listed_codes.age_to is null or age_bands.age_to <= listed_codes.age_to), false
        ) as is_of_age
    from epact2_rows
    inner join listed_codes
        on
            listed_codes.dataset = 'epact2_age_band'
            and epact2_rows.month = listed_codes.month
            and epact2_rows.bnf_code = listed_codes.bnf_code
    left join age_bands on epact2_rows.age_band = age_bands.age_band

),

epact2_listed as (

    select
        month,
        practice_code,
        component_id,
        sum(case when is_of_age then measured else 0 end) as value,
        sum(measured) as value_all_ages
    from epact2_measured
    group by month, practice_code, component_id

),

listed as (

    select
        month,
        practice_code,
        component_id,
        value,
        value as value_all_ages
    from epd_listed

    union all

    select
        month,
        practice_code,
        component_id,
        value,
        value_all_ages
    from epact2_listed

),

-- every practice with rows in the month has every component of the feed
observed as (

    select
        practice_totals.dataset,
        practice_totals.month,
        practice_totals.practice_code,
        definitions.component_id,
        definitions.code_match,
        case definitions.measure
            when 'items' then practice_totals.items
            when 'total_quantity' then practice_totals.total_quantity
            when 'nic' then practice_totals.nic
            when 'actual_cost' then practice_totals.actual_cost
        end as total
    from practice_totals
    inner join definitions on practice_totals.dataset = definitions.dataset
    where {{ only_rebuilt_months('practice_totals.month') }}

),

valued as (

    select
        observed.dataset,
        observed.month,
        observed.practice_code,
        observed.component_id,
        cast(
            case when observed.code_match = 'all' then observed.total else coalesce(listed.value, 0) end
            as decimal(28, 5)
        ) as value,
        cast(
            case when observed.code_match = 'all' then observed.total else coalesce(listed.value_all_ages, 0) end
            as decimal(28, 5)
        ) as value_all_ages
    from observed
    left join listed
        on
            observed.month = listed.month
            and observed.practice_code = listed.practice_code
            and observed.component_id = listed.component_id

)

select * from valued
