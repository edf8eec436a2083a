-- One row per question that the registers, lists and submissions raise.
with successions as (

    select * from {{ ref('int_practice__succession') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

expected as (

    select * from {{ ref('int_practice__expected') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

group_months as (

    select * from {{ ref('int_practice__group_month') }}

),

list_components as (

    select * from {{ ref('int_practice__list_component') }}

),

list_rows as (

    select * from {{ ref('stg_practice__gp_list_quin_age') }}

),

list_totals as (

    select * from {{ ref('stg_practice__gp_list_totals') }}

),

submissions as (

    select * from {{ ref('stg_ledger__submission') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

kinds_of_group as (

    select distinct org_type from group_months

),

list_sums as (

    select
        snapshot_month,
        practice_code,
        sum(case when not is_total_row then number_of_patients end) as summed_patients,
        max(case when sex = 'ALL' and age_group_5 = 'ALL' then number_of_patients end) as stated_patients
    from list_rows
    group by snapshot_month, practice_code

),

questioned_succession as (

    select
        issue,
        'practice_successors' as feed,
        predecessor_code as practice_code,
        cast(date_trunc('month', effective_date) as date) as month,
        successor_code as subject,
        cast(1 as double) as amount,
        concat('Successor ', successor_code) as detail
    from successions
    where issue is not null

),

succession_cycle as (

    select
        'succession_cycle' as issue,
        'practice_successors' as feed,
        code_map.practice_code,
        code_map.month,
        '' as subject,
        cast(1 as double) as amount,
        'Its chain of successors returns to itself' as detail
    from code_map
    inner join calendar
        on
            code_map.month = calendar.month
            and calendar.is_last_month
    where
        code_map.org_view = 'current'
        and code_map.is_cycle

),

practice_without_group as (

    select
        'practice_without_group' as issue,
        'practice_groups' as feed,
        expected.practice_code,
        expected.month,
        kinds_of_group.org_type as subject,
        cast(list_sizes.value as double) as amount,
        concat('No ', kinds_of_group.org_type) as detail
    from expected
    inner join memberships
        on
            expected.practice_code = memberships.practice_code
            and expected.month = memberships.month
            and memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
    cross join kinds_of_group
    left join group_months
        on
            expected.practice_code = group_months.practice_code
            and expected.month = group_months.month
            and kinds_of_group.org_type = group_months.org_type
    left join list_components as list_sizes
        on
            expected.practice_code = list_sizes.practice_code
            and expected.month = list_sizes.month
            and list_sizes.component_id = 'list_size'
    where group_months.org_code is null

),

overlapping_groups as (

    select
        'overlapping_groups' as issue,
        'practice_groups' as feed,
        practice_code,
        month,
        org_type as subject,
        cast(group_count as double) as amount,
        concat('Used: ', org_type, ' ', org_code) as detail
    from group_months
    where group_count > 1

),

list_total_differs as (

    select
        'list_total_differs' as issue,
        'gp_list_totals' as feed,
        list_totals.practice_code,
        list_totals.snapshot_month as month,
        '' as subject,
        cast(list_totals.number_of_patients - coalesce(list_sums.summed_patients, 0) as double) as amount,
        concat(
            cast(list_totals.number_of_patients as string), ' in the totals file, ',
            coalesce(cast(list_sums.summed_patients as string), 'none'), ' by sex and age'
        ) as detail
    from list_totals
    left join list_sums
        on
            list_totals.practice_code = list_sums.practice_code
            and list_totals.snapshot_month = list_sums.snapshot_month
    where
        list_totals.number_of_patients is distinct from list_sums.summed_patients
        and list_totals.snapshot_month in (select loaded_lists.snapshot_month from list_sums as loaded_lists)

),

list_all_row_differs as (

    select
        'list_all_row_differs' as issue,
        'gp_list_quin_age' as feed,
        practice_code,
        snapshot_month as month,
        '' as subject,
        cast(stated_patients - coalesce(summed_patients, 0) as double) as amount,
        concat(
            cast(stated_patients as string), ' in the ALL row, ',
            coalesce(cast(summed_patients as string), 'none'), ' by sex and age'
        ) as detail
    from list_sums
    where
        stated_patients is not null
        and stated_patients is distinct from summed_patients

),

quarantined_rows as (

    select
        'quarantined_rows' as issue,
        dataset as feed,
        cast(null as string) as practice_code,
        month,
        submission_id as subject,
        cast(rows_quarantined as double) as amount,
        concat(file_name, ' (submission ', submission_id, ')') as detail
    from submissions
    where
        is_current
        and rows_quarantined > 0

),

queries as (

    select * from questioned_succession
    union all
    select * from succession_cycle
    union all
    select * from practice_without_group
    union all
    select * from overlapping_groups
    union all
    select * from list_total_differs
    union all
    select * from list_all_row_differs
    union all
    select * from quarantined_rows

)

select * from queries
