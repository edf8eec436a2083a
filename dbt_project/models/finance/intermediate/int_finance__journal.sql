-- One row per journal line that counts: of the newest version of each entity, year and period.
with ledger_journal as (

    select * from {{ ref('stg_finance__ledger_journal') }}

),

aged as (

    select
        *,
        {{ version_age(['entity_code', 'financial_year', 'ledger_period'], 'extract_version') }} as version_age,
        {{ receipt_age(
            ['entity_code', 'financial_year', 'ledger_period'],
            'extract_version',
            ['journal_reference', 'line_number']
        ) }} as receipt_age
    from ledger_journal

),

counting as (

    select
        entity_code,
        financial_year,
        ledger_period,
        period_index,
        month,
        journal_reference,
        line_number,
        entry_type,
        reverses,
        coding_string,
        line_description,
        posted_on,
        amount
    from aged
    where
        version_age = 1
        and receipt_age = 1

)

select * from counting
