-- One row per line or printed total that counts in a vintage of a month-end report. Vintage 1 is the oldest version of
-- an entity, year and period; all are kept, the newest is current. Summaries are older than any extract.
with ledger as (

    select * from {{ ref('stg_finance__ledger') }}

),

aged as (

    select
        *,
        {{ version_age(
            ['entity_code', 'financial_year', 'ledger_period'], 'report_version', 'coalesce(is_summary, false)'
        ) }} as version_age,
        {{ receipt_age(
            ['entity_code', 'financial_year', 'ledger_period'],
            'report_version',
            ['coalesce(is_summary, false)', 'row_type', 'coding_string', 'line_description']
        ) }} as receipt_age
    from ledger

),

numbered as (

    select
        *,
        max(version_age) over (partition by entity_code, financial_year, ledger_period) as version_count
    from aged

),

counting as (

    select
        entity_code,
        financial_year,
        ledger_period,
        cast(version_count - version_age + 1 as integer) as vintage,
        version_age = 1 as is_current,
        month,
        report_version,
        coalesce(is_summary, false) as is_summary,
        row_type,
        line_description,
        programme_area,
        coding_string,
        cost_centre,
        subjective,
        analysis_1,
        analysis_2,
        annual_budget,
        ytd_budget,
        ytd_actual,
        ytd_variance,
        forecast_outturn,
        forecast_variance,
        submission_id,
        source_row,
        received_at
    from numbered
    where receipt_age = 1

)

select * from counting
