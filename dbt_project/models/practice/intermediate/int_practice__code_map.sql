-- One row per view, month and code that some succession ends: the code to which its activity of that month belongs.
-- Codes that are absent here belong to themselves. as_at follows the successions in force on the first day of the
-- month, current those in force in the last month. A chain that does not end is a cycle: the code stays itself.
with recursive calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

successions as (

    select * from {{ ref('int_practice__succession') }}

),

limit_months as (

    select
        month as limit_month,
        is_last_month
    from calendar
    where is_data_month

),

ranked as (

    select
        limit_months.limit_month,
        successions.predecessor_code,
        successions.successor_code,
        -- a later statement of the register replaces an earlier one
        row_number() over (
            partition by limit_months.limit_month, successions.predecessor_code
            order by successions.effective_date desc
        ) as recency
    from limit_months
    inner join successions
        on
            limit_months.limit_month >= successions.effective_date
            and successions.issue is null

),

edges as (

    select
        limit_month,
        predecessor_code,
        successor_code
    from ranked
    where recency = 1

),

chains as (

    select
        limit_month,
        predecessor_code as practice_code,
        successor_code as mapped_practice_code,
        1 as steps
    from edges

    union all

    select
        chains.limit_month,
        chains.practice_code,
        edges.successor_code as mapped_practice_code,
        chains.steps + 1 as steps
    from chains
    inner join edges
        on
            chains.limit_month = edges.limit_month
            and chains.mapped_practice_code = edges.predecessor_code
    -- longer than any real chain of mergers: what reaches it goes round in a circle
    where chains.steps < 25

),

ends as (

    select
        limit_month,
        practice_code,
        mapped_practice_code,
        steps,
        row_number() over (partition by limit_month, practice_code order by steps desc) as from_the_end
    from chains

),

mapped as (

    select
        limit_month,
        practice_code,
        case when steps >= 25 then practice_code else mapped_practice_code end as mapped_practice_code,
        steps >= 25 as is_cycle
    from ends
    where from_the_end = 1

),

as_at_view as (

    select
        'as_at' as org_view,
        limit_month as month,
        practice_code,
        mapped_practice_code,
        is_cycle
    from mapped

),

current_view as (

    select
        'current' as org_view,
        calendar.month,
        mapped.practice_code,
        mapped.mapped_practice_code,
        mapped.is_cycle
    from mapped
    inner join limit_months
        on
            mapped.limit_month = limit_months.limit_month
            and limit_months.is_last_month
    cross join calendar
    where calendar.is_data_month

),

both_views as (

    select * from as_at_view
    union all
    select * from current_view

)

select * from both_views
