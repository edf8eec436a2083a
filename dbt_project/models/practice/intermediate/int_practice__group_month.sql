-- One row per month, practice and kind of group: the group of the practice on the first day of the month.
-- Where memberships overlap the newest is used and group_count shows it.
with calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

practice_groups as (

    select * from {{ ref('stg_practice__practice_groups') }}

),

valid as (

    select
        calendar.month,
        practice_groups.practice_code,
        practice_groups.org_type,
        practice_groups.org_code,
        count(*) over (
            partition by calendar.month, practice_groups.practice_code, practice_groups.org_type
        ) as group_count,
        row_number() over (
            partition by calendar.month, practice_groups.practice_code, practice_groups.org_type
            order by practice_groups.valid_from desc, practice_groups.org_code asc
        ) as recency
    from calendar
    inner join practice_groups
        on
            calendar.month >= practice_groups.valid_from
            and calendar.month <= coalesce(practice_groups.valid_to, make_date(9999, 12, 31))
    where calendar.is_data_month

),

newest as (

    select
        month,
        practice_code,
        org_type,
        org_code,
        cast(group_count as integer) as group_count
    from valid
    where recency = 1

)

select * from newest
