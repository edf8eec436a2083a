-- One row per entity, financial year and savings scheme of the newest plan: what it claims, and how that can be seen.
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

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        scheme_name,
        lead,
        claims,
        coalesce(lower(nullif(trim(evidence_method), '')), 'none') as evidence_method
    from ranked
    where
        version_age = 1
        and receipt_age = 1
        and row_type = 'line'

)

select * from final
