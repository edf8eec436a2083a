-- One row per view, month, practice and organisation above it; practices of the configured commissioners only.
-- as_at judges commissioner and groups on the first day of the month, current on the first day of the last month.
with calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

group_months as (

    select * from {{ ref('int_practice__group_month') }}

),

commissioner_months as (

    select
        calendar.month,
        commissioner_links.practice_code,
        'commissioner' as org_type,
        commissioner_links.commissioner_code as org_code
    from calendar
    inner join commissioner_links
        on
            calendar.month >= commissioner_links.valid_from
            and calendar.month <= commissioner_links.valid_to
    where
        calendar.is_data_month
        and {{ is_own('commissioner_links.commissioner_code') }}

),

own_group_months as (

    select
        group_months.month,
        group_months.practice_code,
        group_months.org_type,
        group_months.org_code
    from group_months
    inner join commissioner_months
        on
            group_months.month = commissioner_months.month
            and group_months.practice_code = commissioner_months.practice_code

),

-- all configured commissioners together, where a code of that roll-up is configured
system_months as (

    select
        month,
        practice_code,
        'system' as org_type,
        {{ code_of_all() }} as org_code
    from commissioner_months
    where {{ code_of_all() }} <> ''

),

memberships as (

    select * from commissioner_months
    union all
    select * from system_months
    union all
    select * from own_group_months

),

as_at_view as (

    select
        'as_at' as org_view,
        month,
        practice_code,
        org_type,
        org_code
    from memberships

),

current_view as (

    select
        'current' as org_view,
        calendar.month,
        memberships.practice_code,
        memberships.org_type,
        memberships.org_code
    from memberships
    inner join calendar as last_months
        on
            memberships.month = last_months.month
            and last_months.is_last_month
    cross join calendar
    where calendar.is_data_month

),

both_views as (

    select * from as_at_view
    union all
    select * from current_view

)

select * from both_views
