-- One row per commissioner, reported month, project and milestone: what the newest version of its programme office's
-- report says of its projects.
with milestones as (

    select * from {{ ref('stg_finance__programme_milestone') }}

),

own_milestones as (

    select
        *,
        {{ ledger_month('financial_year', 'ledger_period') }} as reported_month,
        {{ version_age(['entity_code', 'financial_year', 'ledger_period'], 'report_version') }} as version_age,
        {{
            receipt_age(
                ['entity_code', 'financial_year', 'ledger_period'], 'report_version',
                ['belongs_to', 'lower(reference)', 'lower(label)']
            )
        }} as receipt_age
    from milestones
    where {{ is_own('entity_code') }}

),

final as (

    select
        entity_code as commissioner_code,
        reported_month,
        lower(reference) as project_id,
        milestone_number as reported_number,
        label,
        due_date as reported_due_date,
        -- a day after the month of the report is a hope
        case when completed_on <= last_day(reported_month) then completed_on end as completed_on
    from own_milestones
    where
        version_age = 1
        and receipt_age = 1
        and belongs_to = 'project'

)

select * from final
