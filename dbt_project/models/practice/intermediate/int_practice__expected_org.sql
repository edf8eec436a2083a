-- One row per view, month and practice (after succession) of which activity is expected.
-- A code that succession already ended in the month counts through its successor, never beside it.
with expected as (

    select * from {{ ref('int_practice__expected') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

org_views as (

    select 'as_at' as org_view
    union all
    select 'current' as org_view

),

mapped as (

    select distinct
        org_views.org_view,
        expected.month,
        coalesce(code_map.mapped_practice_code, expected.practice_code) as practice_code
    from expected
    cross join org_views
    left join code_map
        on
            org_views.org_view = code_map.org_view
            and expected.month = code_map.month
            and expected.practice_code = code_map.practice_code

)

select * from mapped
