-- One row per line of a journal as received; every version of every extract.
with ledger_journal as (

    select * from {{ source('feed', 'ledger_journal') }}

),

typed as (

    select
        entity_code,
        financial_year,
        cast(ledger_period as integer) as ledger_period,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        -- 13 periods a year, so that the adjustments come after March and before April
        cast(substr(financial_year, 1, 4) as integer) * 13 + cast(ledger_period as integer) as period_index,
        extract_version,
        journal_reference,
        line_number,
        lower(entry_type) as entry_type,
        reverses,
        coding_string,
        line_description,
        posted_on,
        amount,
        submission_id,
        source_row,
        received_at
    from ledger_journal

)

select * from typed
