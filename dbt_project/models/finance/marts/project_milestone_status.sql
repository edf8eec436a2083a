-- One row per project, milestone and month reported by the programme office; without any report one row per milestone
-- with no month.
with milestones as (

    select * from {{ ref('project_milestone') }}

),

projects as (

    select * from {{ ref('project') }}
    where {{ is_own('commissioner_code') }}

),

reports as (

    select * from {{ ref('int_project__report') }}

),

reported_months as (

    select distinct reported_month from reports

),

milestone_months as (

    select
        milestones.*,
        projects.name,
        projects.programme,
        reported_months.reported_month
    from milestones
    inner join projects on milestones.project_id = projects.project_id
    left join reported_months on true

),

-- the office numbers on its own: a milestone is known by its words
matched as (

    select
        milestone_months.*,
        reports.reported_due_date,
        reports.completed_on,
        reports.project_id is not null as is_reported,
        coalesce(milestone_months.due_date, reports.reported_due_date) as due
    from milestone_months
    left join reports
        on
            milestone_months.reported_month = reports.reported_month
            and milestone_months.project_id = reports.project_id
            and lower(milestone_months.label) = lower(reports.label)

)

select
    cast(project_id as string) as project_id,
    cast(milestone_order as integer) as milestone_order,
    cast(reported_month as date) as reported_month,
    cast(name as string) as name,
    cast(programme as string) as programme,
    cast(milestone_number as integer) as milestone_number,
    cast(label as string) as label,
    cast(due_text as string) as due_text,
    cast(due as date) as due,
    cast(due_problem as string) as due_problem,
    cast(reported_due_date as date) as reported_due_date,
    cast(completed_on as date) as completed,
    cast(
        case
            when not is_reported then 'not_reported'
            when due is null then 'undated'
            when completed_on <= due then 'done'
            when completed_on is not null then 'done_late'
            when due <= last_day(reported_month) then 'late'
            else 'due'
        end as string
    ) as state
from matched
