-- One row per indicator version, variant, view, organisation and result month whose figure is withheld or awaited.
with gaps as (

    select * from {{ ref('int_indicators__gap') }}

),

datasets_read as (

    select * from {{ ref('int_indicators__dataset_read') }}

),

specialties_read as (

    select * from {{ ref('int_indicators__specialty_read') }}

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

org_windows as (

    select * from {{ ref('int_indicators__org_window') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

result_months as (

    select * from {{ ref('int_indicators__result_month') }}

),

-- a gap of one specialty touches only what reads that specialty, one of costs or of codes only what reads these
touched as (

    select
        datasets_read.indicator_id,
        datasets_read.version,
        datasets_read.variant,
        datasets_read.window_months,
        datasets_read.gap_window_months,
        gaps.org_view,
        gaps.org_type,
        gaps.org_code,
        gaps.month_index,
        gaps.cause,
        gaps.wording
    from datasets_read
    inner join gaps on datasets_read.dataset = gaps.dataset
    left join specialties_read
        on
            datasets_read.indicator_id = specialties_read.indicator_id
            and datasets_read.version = specialties_read.version
            and datasets_read.variant = specialties_read.variant
            and datasets_read.dataset = specialties_read.dataset
            and gaps.treatment_function_code = specialties_read.treatment_function_code
    where
        (
            gaps.treatment_function_code is null
            or datasets_read.reads_every_specialty
            or specialties_read.treatment_function_code is not null
        )
        and (datasets_read.reads_cost or not coalesce(gaps.is_of_cost, false))
        and (datasets_read.reads_codes or not coalesce(gaps.is_of_codes, false))

),

-- what touches every organisation is worked out once per month, not once per organisation
ranked_everywhere as (

    select
        touched.indicator_id,
        touched.version,
        touched.variant,
        calendar.month,
        touched.cause,
        touched.wording,
        row_number() over (
            partition by touched.indicator_id, touched.version, touched.variant, calendar.month, touched.cause
            order by touched.month_index asc, touched.wording asc
        ) as turn
    from touched
    inner join calendar
        on
            calendar.month_index - touched.gap_window_months < touched.month_index
            and touched.month_index <= calendar.month_index
    inner join result_months
        on
            touched.indicator_id = result_months.indicator_id
            and touched.version = result_months.version
            and calendar.month = result_months.month
    where touched.org_type is null

),

everywhere as (

    select
        indicator_id,
        version,
        variant,
        month,
        cause,
        count(*) as gap_count,
        {{ joined_text('case when turn <= 3 then wording end', 'turn') }} as first_gaps
    from ranked_everywhere
    group by indicator_id, version, variant, month, cause

),

everywhere_in_org as (

    select
        everywhere.indicator_id,
        everywhere.version,
        everywhere.variant,
        org_windows.org_view,
        org_windows.org_type,
        org_windows.org_code,
        org_windows.month,
        everywhere.cause,
        1 as scope_order,
        everywhere.gap_count,
        everywhere.first_gaps
    from everywhere
    inner join definitions
        on
            everywhere.indicator_id = definitions.indicator_id
            and everywhere.version = definitions.version
            and everywhere.variant = definitions.variant
    inner join org_windows
        on
            everywhere.month = org_windows.month
            and definitions.window_months = org_windows.window_months

),

ranked_own as (

    select
        touched.indicator_id,
        touched.version,
        touched.variant,
        org_windows.org_view,
        org_windows.org_type,
        org_windows.org_code,
        org_windows.month,
        touched.cause,
        touched.wording,
        row_number() over (
            partition by
                touched.indicator_id, touched.version, touched.variant,
                org_windows.org_view, org_windows.org_type, org_windows.org_code, org_windows.month, touched.cause
            order by touched.month_index asc, touched.wording asc
        ) as turn
    from org_windows
    inner join touched
        on
            org_windows.window_months = touched.window_months
            and org_windows.org_view = touched.org_view
            and org_windows.org_type = touched.org_type
            and org_windows.org_code = touched.org_code
            and org_windows.month_index - touched.gap_window_months < touched.month_index
            and org_windows.month_index >= touched.month_index

),

own as (

    select
        indicator_id,
        version,
        variant,
        org_view,
        org_type,
        org_code,
        month,
        cause,
        2 as scope_order,
        count(*) as gap_count,
        {{ joined_text('case when turn <= 3 then wording end', 'turn') }} as first_gaps
    from ranked_own
    group by indicator_id, version, variant, org_view, org_type, org_code, month, cause

),

both_scopes as (

    select * from everywhere_in_org
    union all
    select * from own

),

-- 'withheld' sorts after 'missing': what a gate withholds outranks what is missing; of one cause the wider scope speaks
ranked as (

    select
        *,
        sum(gap_count) over (
            partition by indicator_id, version, variant, org_view, org_type, org_code, month, cause
        ) as cause_gap_count,
        row_number() over (
            partition by indicator_id, version, variant, org_view, org_type, org_code, month
            order by cause desc, scope_order asc
        ) as turn
    from both_scopes

),

states as (

    select
        indicator_id,
        version,
        variant,
        org_view,
        org_type,
        org_code,
        month,
        case when cause = 'withheld' then 'withheld' else 'awaiting' end as state,
        first_gaps,
        cause_gap_count - least(gap_count, 3) as further_gaps
    from ranked
    where turn = 1

),

worded as (

    select
        indicator_id,
        version,
        variant,
        org_view,
        org_type,
        org_code,
        month,
        state,
        concat(
            state, ' ', first_gaps,
            case when further_gaps > 0 then concat(' and ', cast(further_gaps as string), ' more') else '' end
        ) as state_reason
    from states

)

select * from worded
