-- One row per entity, ledger period, version of the tracker and scheme or printed total: the newest receipt of each.
with trackers as (

    select * from {{ ref('stg_finance__cres_tracker') }}

),

ranked as (

    select
        *,
        {{ version_age(['entity_code', 'financial_year', 'ledger_period'], 'tracker_version') }} as version_age,
        {{
            receipt_age(
                ['entity_code', 'financial_year', 'ledger_period'], 'tracker_version', ['row_type', 'scheme_id']
            )
        }} as receipt_age
    from trackers

),

counted as (

    select * from ranked
    where receipt_age = 1

)

select * from counted
