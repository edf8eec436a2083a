-- One row per entity, financial year, version of the plan and scheme or printed total: of several receipts the newest.
with plans as (

    select * from {{ ref('stg_finance__cres_plan') }}

),

ranked as (

    select
        *,
        {{ version_age(['entity_code', 'financial_year'], 'plan_version') }} as version_age,
        {{ receipt_age(['entity_code', 'financial_year'], 'plan_version', ['row_type', 'scheme_id']) }} as receipt_age
    from plans

),

counted as (

    select * from ranked
    where receipt_age = 1

)

select * from counted
