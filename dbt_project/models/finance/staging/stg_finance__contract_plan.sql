-- One row per version of a year's contract plan, provider, point of delivery and month: of several receipts the
-- newest. version_age is 1 for the version that counts.
with plans as (

    select * from {{ source('feed', 'contract_plan') }}

),

named as (

    select
        replace(trim(financial_year), '-', '/') as financial_year,
        upper(trim(entity_code)) as entity_code,
        plan_version,
        upper(trim(provider_code)) as provider_code,
        lower(trim(point_of_delivery)) as point_of_delivery,
        ledger_period,
        contract_type,
        plan_activity,
        unit_price,
        plan_cost,
        tolerance_lower,
        tolerance_upper,
        marginal_rate,
        submission_id,
        source_row,
        received_at
    from plans

),

ranked as (

    select
        *,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        {{ version_age(['entity_code', 'financial_year'], 'plan_version') }} as version_age,
        {{
            receipt_age(
                ['entity_code', 'financial_year'], 'plan_version',
                ['provider_code', 'point_of_delivery', 'ledger_period']
            )
        }} as receipt_age
    from named

),

counted as (

    select * from ranked
    where receipt_age = 1

)

select * from counted
