-- One row per question that the projects raise: values without a count, unit costs out of range, dates that nobody can
-- read, milestones in a report that no plan has.
with projects as (

    select * from {{ ref('project') }}
    where {{ is_own('commissioner_code') }}

),

milestones as (

    select * from {{ ref('project_milestone') }}

),

reports as (

    select * from {{ ref('int_project__report') }}

),

config as (

    select
        max(case when parameter = 'unit_cost_lowest' then value end) as unit_cost_lowest,
        max(case when parameter = 'unit_cost_highest' then value end) as unit_cost_highest
    from {{ ref('project_config') }}

),

values_without_count as (

    select
        'project_value_without_count' as issue,
        cast(null as date) as month,
        project_id as subject,
        ae_gbp as amount,
        cast(null as decimal(18, 2)) as expected,
        ae_gbp as seen,
        concat(name, ': a value of avoided A&E attendances is printed without their number') as detail
    from projects
    where
        ae_gbp is not null
        and ae_attendances_avoided is null

),

unit_costs as (

    select
        project_id,
        name,
        cast(cast(tariff_gbp as double) / admissions_avoided as decimal(18, 2)) as unit_cost
    from projects
    where tariff_gbp is not null

),

outliers as (

    select
        'project_unit_cost_outlier' as issue,
        cast(null as date) as month,
        unit_costs.project_id as subject,
        unit_costs.unit_cost as amount,
        case
            when round(unit_costs.unit_cost, 0) < config.unit_cost_lowest then config.unit_cost_lowest
            else config.unit_cost_highest
        end as expected,
        unit_costs.unit_cost as seen,
        concat(unit_costs.name, ': the value of an avoided admission is outside the range of like projects') as detail
    from unit_costs
    cross join config
    where
        round(unit_costs.unit_cost, 0) < config.unit_cost_lowest
        or round(unit_costs.unit_cost, 0) > config.unit_cost_highest

),

undated as (

    select
        'project_milestone_undated' as issue,
        cast(null as date) as month,
        concat_ws('|', milestones.project_id, milestones.due_problem) as subject,
        cast(count(*) as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(
            projects.name, ': milestones have no date that can be read (',
            replace(milestones.due_problem, '_', ' '), '), first: ', min(coalesce(milestones.due_text, 'none'))
        ) as detail
    from milestones
    inner join projects on milestones.project_id = projects.project_id
    where milestones.due_date is null
    group by milestones.project_id, milestones.due_problem, projects.name

),

-- without any plan the reports are what is known of the projects
planning as (

    select distinct commissioner_code from projects

),

own_milestones as (

    select
        projects.commissioner_code,
        milestones.project_id,
        milestones.label
    from milestones
    inner join projects on milestones.project_id = projects.project_id

),

unknown_milestones as (

    select
        'project_milestone_unknown' as issue,
        min(reports.reported_month) as month,
        concat_ws(
            '|', {{ code_among_several('reports.commissioner_code') }}, reports.project_id, lower(reports.label)
        ) as subject,
        cast(count(*) as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(
            'The report has "', min(reports.label), '" of ', reports.project_id,
            ', which no plan has: its progress is in no table'
        ) as detail
    from reports
    left join own_milestones
        on
            reports.commissioner_code = own_milestones.commissioner_code
            and reports.project_id = own_milestones.project_id
            and lower(reports.label) = lower(own_milestones.label)
    inner join planning on reports.commissioner_code = planning.commissioner_code
    where own_milestones.project_id is null
    group by reports.commissioner_code, reports.project_id, lower(reports.label)

),

queries as (

    select * from values_without_count
    union all
    select * from outliers
    union all
    select * from undated
    union all
    select * from unknown_milestones

),

final as (

    select
        issue,
        'programme_milestone' as feed,
        cast(null as string) as practice_code,
        cast(null as string) as provider_code,
        month,
        subject,
        cast(amount as double) as amount,
        cast(expected as double) as expected,
        cast(seen as double) as seen,
        detail
    from queries

)

select * from final
