-- One row per version of a month's claims and rebate agreement: of several receipts the newest. version_age is 1 for
-- the version that counts.
with claims as (

    select * from {{ source('feed', 'rebate_claim') }}

),

named as (

    select
        replace(trim(financial_year), '-', '/') as financial_year,
        ledger_period,
        upper(trim(entity_code)) as entity_code,
        claim_version,
        upper(trim(rebate_term_id)) as rebate_term_id,
        claimed_amount,
        submission_id,
        source_row,
        received_at
    from claims

),

ranked as (

    select
        *,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        {{ version_age(['entity_code', 'financial_year', 'ledger_period'], 'claim_version') }} as version_age,
        {{
            receipt_age(['entity_code', 'financial_year', 'ledger_period'], 'claim_version', ['rebate_term_id'])
        }} as receipt_age
    from named

),

counted as (

    select * from ranked
    where receipt_age = 1

)

select * from counted
