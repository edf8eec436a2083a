-- Milestones of a commissioner that has projects in the seed, of a project that the seed lacks. It fails where a report
-- that nobody planned stands among the milestones of a plan.
with milestones as (

    select * from {{ ref('project_milestone_status') }}

),

projects as (

    select * from {{ ref('project') }}

),

planning as (

    select distinct commissioner_code from projects

)

select
    milestones.commissioner_code,
    milestones.project_id,
    milestones.label
from milestones
inner join planning on milestones.commissioner_code = planning.commissioner_code
left join projects
    on
        milestones.commissioner_code = projects.commissioner_code
        and milestones.project_id = projects.project_id
where projects.project_id is null
