-- One row per version of a provider's charge of a month, invoice and line: of several receipts the newest.
-- version_age is 1 for the version that counts.
with charges as (

    select * from {{ source('feed', 'high_cost_drug_charge') }}

),

named as (

    select
        replace(trim(financial_year), '-', '/') as financial_year,
        ledger_period,
        upper(trim(entity_code)) as entity_code,
        upper(trim(provider_code)) as provider_code,
        charge_version,
        trim(invoice_reference) as invoice_reference,
        line_number,
        lower(trim(drug_group)) as drug_group,
        trim(product) as product,
        upper(trim(is_biosimilar)) = 'Y' as is_biosimilar,
        units,
        unit_price,
        charged_amount,
        nullif(trim(approval_reference), '') as approval_reference,
        submission_id,
        source_row,
        received_at
    from charges

),

ranked as (

    select
        *,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        {{
            version_age(['entity_code', 'financial_year', 'ledger_period', 'provider_code'], 'charge_version')
        }} as version_age,
        {{
            receipt_age(
                ['entity_code', 'financial_year', 'ledger_period', 'provider_code'], 'charge_version',
                ['invoice_reference', 'line_number']
            )
        }} as receipt_age
    from named

),

counted as (

    select * from ranked
    where receipt_age = 1

)

select * from counted
