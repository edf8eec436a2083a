-- One row per dataset, month and presentation code as dispensed, with today's code and the totals of the month.
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

code_map as (

    select * from {{ ref('int_prescribing__bnf_code_map') }}

),

epd_presentations as (

    select
        'epd' as dataset,
        month,
        bnf_code,
        cast(sum(items) as bigint) as items,
        cast(sum(nic) as decimal(28, 5)) as nic,
        cast(sum(actual_cost) as decimal(28, 5)) as actual_cost
    from epd
    where {{ only_rebuilt_months('month') }}
    group by month, bnf_code

),

epact2_presentations as (

    select
        'epact2_age_band' as dataset,
        month,
        bnf_code,
        cast(sum(items) as bigint) as items,
        cast(sum(nic) as decimal(28, 5)) as nic,
        cast(sum(actual_cost) as decimal(28, 5)) as actual_cost
    from epact2_age_band
    where {{ only_rebuilt_months('month') }}
    group by month, bnf_code

),

presentations as (

    select * from epd_presentations
    union all
    select * from epact2_presentations

),

mapped as (

    select
        presentations.dataset,
        presentations.month,
        presentations.bnf_code,
        coalesce(code_map.mapped_bnf_code, presentations.bnf_code) as mapped_bnf_code,
        presentations.items,
        presentations.nic,
        presentations.actual_cost
    from presentations
    left join code_map
        on
            presentations.bnf_code = code_map.bnf_code
            and presentations.month >= code_map.valid_from
            and presentations.month < code_map.valid_before

)

select * from mapped
