-- One row per line or printed total of a month-end report as received; every version of every report.
with ledger as (

    select * from {{ source('feed', 'ledger') }}

),

typed as (

    select
        entity_code,
        financial_year,
        cast(ledger_period as integer) as ledger_period,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        report_version,
        coalesce(report_source = 'summary', false) as is_summary,
        row_type,
        line_description,
        programme_area,
        coding_string,
        {{ coding_part('coding_string', 1) }} as cost_centre,
        {{ coding_part('coding_string', 2) }} as subjective,
        {{ coding_part('coding_string', 3) }} as analysis_1,
        {{ coding_part('coding_string', 4) }} as analysis_2,
        annual_budget,
        ytd_budget,
        ytd_actual,
        ytd_variance,
        forecast_outturn,
        forecast_variance,
        submission_id,
        source_row,
        received_at
    from ledger

)

select * from typed
