-- One row per body, month of publication and row of its list of spend over GBP 25,000, newest file.
with spend as (
    select * from {{ source('feed', 'spend_over_25k') }}
),

aged as (
    select
        *,
        {{ version_age(['entity_name', 'financial_year', 'ledger_period'], 'edition') }} as version_age,
        {{ receipt_age(
            ['entity_name', 'financial_year', 'ledger_period'], 'edition', ['transaction_number', 'line_number']
        ) }} as receipt_age
    from spend
),

newest as (
    select
        entity_name,
        financial_year,
        ledger_period,
        period as month,
        line_number,
        paid_on,
        expense_type,
        expense_area,
        supplier_name,
        transaction_number,
        amount,
        submission_id,
        source_row
    from aged
    where version_age = 1 and receipt_age = 1
)

select * from newest
