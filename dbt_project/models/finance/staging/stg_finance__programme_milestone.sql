-- One row per milestone of a scheme or project of each file of a monthly report: every version, as received.
with milestones as (

    select * from {{ source('feed', 'programme_milestone') }}

),

normalised as (

    select
        replace(trim(financial_year), '-', '/') as financial_year,
        ledger_period,
        upper(trim(entity_code)) as entity_code,
        report_version,
        lower(trim(belongs_to)) as belongs_to,
        trim(reference) as reference,
        milestone_number,
        trim(label) as label,
        due_date,
        completed_on,
        submission_id,
        source_row,
        period,
        received_at
    from milestones

)

select * from normalised
