-- One row per line that counts in the current version of a report and that a newer file of the same version left out. A
-- file that has lines of an earlier one is sent in its place, where one that has none of them is another part.
with ledger as (

    select * from {{ ref('stg_finance__ledger') }}

),

vintages as (

    select * from {{ ref('int_finance__ledger_vintage') }}

),

sent_lines as (

    select
        entity_code,
        financial_year,
        ledger_period,
        report_version,
        is_summary,
        coalesce(coding_string, '') as coding_string,
        coalesce(line_description, '') as line_description,
        submission_id,
        received_at
    from ledger
    where
        row_type = 'line'
        and report_version is not null

),

-- two files of one version that have a line in common
sent_again as (

    select distinct
        earlier.entity_code,
        earlier.financial_year,
        earlier.ledger_period,
        earlier.report_version,
        earlier.is_summary,
        earlier.submission_id
    from sent_lines as earlier
    inner join sent_lines as later
        on
            earlier.entity_code = later.entity_code
            and earlier.financial_year = later.financial_year
            and earlier.ledger_period = later.ledger_period
            and earlier.report_version = later.report_version
            and earlier.is_summary = later.is_summary
            and earlier.coding_string = later.coding_string
            and earlier.line_description = later.line_description
    where earlier.received_at < later.received_at

),

-- a line that counts is of its newest receipt: where that is a file which was sent again, the newer one lacks it
left_out as (

    select
        vintages.entity_code,
        vintages.financial_year,
        vintages.ledger_period,
        vintages.month,
        vintages.report_version,
        vintages.coding_string,
        vintages.line_description,
        vintages.ytd_actual,
        vintages.submission_id,
        vintages.source_row
    from vintages
    inner join sent_again
        on
            vintages.entity_code = sent_again.entity_code
            and vintages.financial_year = sent_again.financial_year
            and vintages.ledger_period = sent_again.ledger_period
            and vintages.report_version = sent_again.report_version
            and vintages.is_summary = sent_again.is_summary
            and vintages.submission_id = sent_again.submission_id
    where
        vintages.is_current
        and vintages.row_type = 'line'

)

select * from left_out
