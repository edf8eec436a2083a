-- One row per view, organisation, result month and window length: the spine of the results.
-- A practice is on it in the months in which it is expected, a group while it has an expected practice.
with expected_orgs as (

    select * from {{ ref('int_practice__expected_org') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

windows as (

    select distinct window_months from definitions

),

practice_months as (

    select
        expected_orgs.org_view,
        'practice' as org_type,
        expected_orgs.practice_code as org_code,
        calendar.month,
        calendar.month_index,
        calendar.is_result_month,
        cast(null as integer) as orgs_expected
    from expected_orgs
    inner join calendar on expected_orgs.month = calendar.month

),

group_months as (

    select
        expected_orgs.org_view,
        memberships.org_type,
        memberships.org_code,
        calendar.month,
        calendar.month_index,
        cast(count(*) as integer) as orgs_expected
    from expected_orgs
    inner join memberships
        on
            expected_orgs.org_view = memberships.org_view
            and expected_orgs.month = memberships.month
            and expected_orgs.practice_code = memberships.practice_code
    inner join calendar on expected_orgs.month = calendar.month
    where calendar.is_result_month
    group by
        expected_orgs.org_view,
        memberships.org_type,
        memberships.org_code,
        calendar.month,
        calendar.month_index

),

practice_windows as (

    select
        practice_months.org_view,
        practice_months.org_type,
        practice_months.org_code,
        practice_months.month,
        practice_months.month_index,
        windows.window_months,
        practice_months.orgs_expected,
        cast(count(*) as integer) as months_open
    from practice_months
    cross join windows
    inner join practice_months as months_in_window
        on
            practice_months.org_view = months_in_window.org_view
            and practice_months.org_code = months_in_window.org_code
            and months_in_window.month_index > practice_months.month_index - windows.window_months
            and practice_months.month_index >= months_in_window.month_index
    where practice_months.is_result_month
    group by
        practice_months.org_view,
        practice_months.org_type,
        practice_months.org_code,
        practice_months.month,
        practice_months.month_index,
        windows.window_months,
        practice_months.orgs_expected

),

group_windows as (

    select
        group_months.org_view,
        group_months.org_type,
        group_months.org_code,
        group_months.month,
        group_months.month_index,
        windows.window_months,
        group_months.orgs_expected,
        windows.window_months as months_open
    from group_months
    cross join windows

),

all_levels as (

    select * from practice_windows
    union all
    select * from group_windows

),

with_dates as (

    select
        all_levels.*,
        calendar.period_end,
        calendar.previous_financial_year_end,
        window_starts.month as window_start
    from all_levels
    inner join calendar on all_levels.month = calendar.month
    inner join calendar as window_starts
        on all_levels.month_index - all_levels.window_months + 1 = window_starts.month_index

)

select * from with_dates
