-- One row per month and practice code of which activity is expected: it has a list and had not closed before the month,
-- or the register shows it open under the configured commissioner.
with calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

list_components as (

    select * from {{ ref('int_practice__list_component') }}

),

register as (

    select * from {{ ref('int_practice__register') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

-- a list may serve months after its practice closed; a code that no register names is taken to be open
with_list as (

    select distinct
        list_components.month,
        list_components.practice_code,
        true as has_list,
        false as is_open_in_register
    from list_components
    left join register on list_components.practice_code = register.practice_code
    where
        list_components.dataset = 'gp_list_quin_age'
        and list_components.month <= coalesce(register.close_date, make_date(9999, 12, 31))

),

open_in_register as (

    select
        calendar.month,
        register.practice_code,
        false as has_list,
        true as is_open_in_register
    from calendar
    inner join register
        on
            calendar.period_end >= register.open_date
            and calendar.month <= coalesce(register.close_date, make_date(9999, 12, 31))
    inner join memberships
        on
            register.practice_code = memberships.practice_code
            and calendar.month = memberships.month
            and memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
    where
        calendar.is_data_month
        and register.status = 'open'
        and register.is_gp_practice

),

either as (

    select * from with_list
    union all
    select * from open_in_register

),

expected as (

    select
        month,
        practice_code,
        max(case when has_list then 1 else 0 end) = 1 as has_list,
        max(case when is_open_in_register then 1 else 0 end) = 1 as is_open_in_register
    from either
    group by month, practice_code

)

select * from expected
