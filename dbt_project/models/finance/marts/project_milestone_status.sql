-- One row per project, milestone and month reported by the programme office; without any report one row per milestone
-- with no month. Where no operational plan of a commissioner is known, its milestones are those of its reports.
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

    select distinct
        commissioner_code,
        reported_month
    from reports

),

planned as (

    select
        projects.commissioner_code,
        milestones.project_id,
        milestones.milestone_order,
        projects.name,
        projects.programme,
        milestones.milestone_number,
        milestones.label,
        milestones.due_text,
        milestones.due_date,
        milestones.due_problem
    from milestones
    inner join projects on milestones.project_id = projects.project_id

),

planning as (

    select distinct commissioner_code from projects

),

named_by_reports as (

    select
        reports.commissioner_code,
        reports.project_id,
        min(reports.reported_number) as milestone_number,
        min(reports.label) as label
    from reports
    left join planning on reports.commissioner_code = planning.commissioner_code
    where planning.commissioner_code is null
    group by reports.commissioner_code, reports.project_id, lower(reports.label)

),

-- what the office calls a project is its name; a programme it does not tell
unplanned as (

    select
        commissioner_code,
        project_id,
        row_number() over (
            partition by commissioner_code, project_id order by milestone_number, lower(label)
        ) as milestone_order,
        project_id as name,
        'not stated' as programme,
        milestone_number,
        label,
        cast(null as string) as due_text,
        cast(null as date) as due_date,
        cast(null as string) as due_problem
    from named_by_reports

),

known_milestones as (

    select * from planned
    union all
    select * from unplanned

),

milestone_months as (

    select
        known_milestones.*,
        reported_months.reported_month
    from known_milestones
    left join reported_months on known_milestones.commissioner_code = reported_months.commissioner_code

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
            milestone_months.commissioner_code = reports.commissioner_code
            and milestone_months.reported_month = reports.reported_month
            and milestone_months.project_id = reports.project_id
            and lower(milestone_months.label) = lower(reports.label)

)

select
    cast(commissioner_code as string) as commissioner_code,
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
