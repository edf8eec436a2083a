-- One row per view, organisation, dataset, month and cause for which figures cannot be trusted: the month was not
-- received, from anybody or from an expected provider (missing, every organisation: view, kind and code null), an
-- expected practice has no rows in it or was then another commissioner's (missing), or a gate withholds it (withheld).
-- is_of_cost: only what it cost is missing. is_of_codes: only what the GP Specification counts is withheld, for want of
-- codes.
with calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

treatment_functions as (

    select * from {{ ref('component_treatment_function') }}

),

datasets_read as (

    select * from {{ ref('int_indicators__dataset_read') }}

),

loaded as (

    select * from {{ ref('int_indicators__loaded_month') }}

),

activity_gaps as (

    select * from {{ ref('int_sus__gap') }}

),

unpriced as (

    select * from {{ ref('int_sus__unpriced') }}

),

undecided as (

    select * from {{ ref('int_sus__undecided') }}

),

withheld as (

    select * from {{ ref('stg_ledger__withheld') }}

),

snapshot_months as (

    select * from {{ ref('stg_ledger__snapshot_month') }}

),

register as (

    select * from {{ ref('int_practice__register') }}

),

expected_orgs as (

    select * from {{ ref('int_practice__expected_org') }}

),

component_values as (

    select * from {{ ref('int_indicators__component_value') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

org_views as (

    select 'as_at' as org_view
    union all
    select 'current' as org_view

),

datasets as (

    select
        dataset,
        max(case when is_counted then 1 else 0 end) = 1 as is_counted
    from datasets_read
    group by dataset

),

months_not_loaded as (

    select
        datasets.dataset,
        calendar.month,
        cast(null as string) as provider_code,
        cast(null as string) as treatment_function_code,
        'missing' as cause,
        cast(null as string) as reason,
        false as is_of_cost,
        false as is_of_codes
    from calendar
    cross join datasets
    left join loaded
        on
            datasets.dataset = loaded.dataset
            and calendar.month = loaded.month
    where loaded.dataset is null

),

missing_providers as (

    select
        dataset,
        month,
        provider_code,
        treatment_function_code,
        'missing' as cause,
        reason,
        false as is_of_cost,
        false as is_of_codes
    from activity_gaps

    union all

    select
        dataset,
        month,
        provider_code,
        cast(null as string) as treatment_function_code,
        'missing' as cause,
        reason,
        true as is_of_cost,
        false as is_of_codes
    from unpriced

),

withheld_months as (

    select
        dataset,
        month,
        provider_code,
        treatment_function_code,
        'withheld' as cause,
        reason,
        false as is_of_cost,
        false as is_of_codes
    from withheld
    where practice_code is null

    union all

    select
        dataset,
        month,
        provider_code,
        cast(null as string) as treatment_function_code,
        'withheld' as cause,
        reason,
        false as is_of_cost,
        true as is_of_codes
    from undecided

),

months_of_everybody as (

    select * from months_not_loaded
    union all
    select * from missing_providers
    union all
    select * from withheld_months

),

-- judged with the succession as at the month: a predecessor with no rows is seen although its successor has some
observed as (

    select distinct
        datasets.dataset,
        component_values.month,
        coalesce(code_map.mapped_practice_code, component_values.practice_code) as practice_code
    from component_values
    inner join datasets on component_values.dataset = datasets.dataset
    left join code_map
        on
            code_map.org_view = 'as_at'
            and component_values.month = code_map.month
            and component_values.practice_code = code_map.practice_code

),

-- weighted populations are frozen for a year: the patients of a practice that opened later are in the weights of the
-- practices that they came from, somewhere in the commissioner; so it and its smaller groups wait, the commissioner not
opened_after_freeze as (

    select distinct
        snapshot_months.dataset,
        snapshot_months.month,
        register.practice_code
    from snapshot_months
    inner join calendar on snapshot_months.snapshot_month = calendar.month
    inner join register on calendar.period_end < register.open_date
    where snapshot_months.dataset = 'need_weighted_population'

),

practices_without_rows as (

    select
        expected_orgs.practice_code,
        loaded.dataset,
        loaded.month,
        cast(null as string) as provider_code,
        cast(null as string) as treatment_function_code,
        opened_after_freeze.practice_code is null as is_of_commissioner,
        'missing' as cause,
        cast(null as string) as reason
    from expected_orgs
    inner join loaded on expected_orgs.month = loaded.month
    inner join datasets on loaded.dataset = datasets.dataset
    left join observed
        on
            loaded.dataset = observed.dataset
            and loaded.month = observed.month
            and expected_orgs.practice_code = observed.practice_code
    left join opened_after_freeze
        on
            loaded.dataset = opened_after_freeze.dataset
            and loaded.month = opened_after_freeze.month
            and expected_orgs.practice_code = opened_after_freeze.practice_code
    where
        expected_orgs.org_view = 'as_at'
        and observed.dataset is null
        -- of counts made elsewhere a practice may have some and not others: int_indicators__counted_state
        and not datasets.is_counted

),

ours as (

    select distinct practice_code from memberships

),

-- what our hospital extracts have of a practice that came to us later is not all that its patients did before
practices_of_others as (

    select
        expected_orgs.practice_code,
        loaded.dataset,
        loaded.month,
        cast(null as string) as provider_code,
        cast(null as string) as treatment_function_code,
        true as is_of_commissioner,
        'missing' as cause,
        'then not our practice' as reason
    from expected_orgs
    inner join loaded on expected_orgs.month = loaded.month
    inner join datasets on loaded.dataset = datasets.dataset
    left join memberships as own_then
        on
            own_then.org_view = 'as_at'
            and own_then.org_type = 'commissioner'
            and expected_orgs.month = own_then.month
            and expected_orgs.practice_code = own_then.practice_code
    left join code_map
        on
            code_map.org_view = 'current'
            and expected_orgs.month = code_map.month
            and expected_orgs.practice_code = code_map.practice_code
    left join ours on expected_orgs.practice_code = ours.practice_code
    left join ours as ours_today on code_map.mapped_practice_code = ours_today.practice_code
    where
        expected_orgs.org_view = 'as_at'
        and {{ is_hospital_activity('datasets.dataset') }}
        and own_then.practice_code is null
        and (ours.practice_code is not null or ours_today.practice_code is not null)

),

withheld_practices as (

    select
        practice_code,
        dataset,
        month,
        provider_code,
        treatment_function_code,
        true as is_of_commissioner,
        'withheld' as cause,
        reason
    from withheld
    where practice_code is not null

),

practice_gaps as (

    select * from practices_without_rows
    union all
    select * from practices_of_others
    union all
    select * from withheld_practices

),

mapped_practice_gaps as (

    select
        org_views.org_view,
        coalesce(code_map.mapped_practice_code, practice_gaps.practice_code) as mapped_practice_code,
        practice_gaps.practice_code,
        practice_gaps.dataset,
        practice_gaps.month,
        practice_gaps.provider_code,
        practice_gaps.treatment_function_code,
        practice_gaps.is_of_commissioner,
        practice_gaps.cause,
        practice_gaps.reason
    from practice_gaps
    cross join org_views
    left join code_map
        on
            org_views.org_view = code_map.org_view
            and practice_gaps.month = code_map.month
            and practice_gaps.practice_code = code_map.practice_code

),

scoped as (

    select
        cast(null as string) as org_view,
        cast(null as string) as org_type,
        cast(null as string) as org_code,
        cast(null as string) as practice_code,
        dataset,
        month,
        provider_code,
        treatment_function_code,
        cause,
        reason,
        is_of_cost,
        is_of_codes
    from months_of_everybody

    union all

    select
        org_view,
        'practice' as org_type,
        mapped_practice_code as org_code,
        practice_code,
        dataset,
        month,
        provider_code,
        treatment_function_code,
        cause,
        reason,
        false as is_of_cost,
        false as is_of_codes
    from mapped_practice_gaps

    union all

    select
        mapped_practice_gaps.org_view,
        memberships.org_type,
        memberships.org_code,
        mapped_practice_gaps.practice_code,
        mapped_practice_gaps.dataset,
        mapped_practice_gaps.month,
        mapped_practice_gaps.provider_code,
        mapped_practice_gaps.treatment_function_code,
        mapped_practice_gaps.cause,
        mapped_practice_gaps.reason,
        false as is_of_cost,
        false as is_of_codes
    from mapped_practice_gaps
    inner join memberships
        on
            mapped_practice_gaps.org_view = memberships.org_view
            and mapped_practice_gaps.month = memberships.month
            and mapped_practice_gaps.mapped_practice_code = memberships.practice_code
    where
        mapped_practice_gaps.is_of_commissioner
        or memberships.org_type not in ('commissioner', 'system')

),

specialties as (

    select
        treatment_function_code,
        min(name) as name
    from treatment_functions
    group by treatment_function_code

),

worded as (

    select
        scoped.org_view,
        scoped.org_type,
        scoped.org_code,
        scoped.practice_code,
        scoped.dataset,
        scoped.month,
        scoped.provider_code,
        scoped.treatment_function_code,
        calendar.month_index,
        scoped.cause,
        scoped.is_of_cost,
        scoped.is_of_codes,
        concat(
            scoped.dataset, ' ', substr(cast(scoped.month as string), 1, 7),
            case
                when scoped.provider_code is not null then concat(' of provider ', scoped.provider_code)
                else ''
            end,
            case
                when scoped.treatment_function_code is not null
                    then
                        concat(
                            ', specialty ', scoped.treatment_function_code,
                            coalesce(concat(' ', specialties.name), '')
                        )
                else ''
            end,
            case
                when scoped.practice_code is distinct from scoped.org_code and scoped.practice_code is not null
                    then concat(' of ', scoped.practice_code)
                else ''
            end,
            case when scoped.reason is not null then concat(' (', scoped.reason, ')') else '' end
        ) as wording
    from scoped
    inner join calendar on scoped.month = calendar.month
    left join specialties on scoped.treatment_function_code = specialties.treatment_function_code

)

select * from worded
