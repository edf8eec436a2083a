-- One row per indicator version, variant, view, organisation and result month whose figure is withheld or awaited.
with gaps as (

    select * from {{ ref('int_indicators__gap') }}

),

datasets_read as (

    select * from {{ ref('int_indicators__dataset_read') }}

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

-- what touches every organisation is worked out once per month, not once per organisation
ranked_everywhere as (

    select
        datasets_read.indicator_id,
        datasets_read.version,
        datasets_read.variant,
        calendar.month,
        gaps.cause,
        gaps.wording,
        row_number() over (
            partition by
                datasets_read.indicator_id, datasets_read.version, datasets_read.variant, calendar.month, gaps.cause
            order by gaps.month_index asc, gaps.wording asc
        ) as turn
    from datasets_read
    inner join gaps
        on
            datasets_read.dataset = gaps.dataset
            and gaps.org_type is null
    inner join calendar
        on
            calendar.is_result_month
            and calendar.month_index - datasets_read.window_months < gaps.month_index
            and gaps.month_index <= calendar.month_index

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
        datasets_read.indicator_id,
        datasets_read.version,
        datasets_read.variant,
        org_windows.org_view,
        org_windows.org_type,
        org_windows.org_code,
        org_windows.month,
        gaps.cause,
        gaps.wording,
        row_number() over (
            partition by
                datasets_read.indicator_id, datasets_read.version, datasets_read.variant,
                org_windows.org_view, org_windows.org_type, org_windows.org_code, org_windows.month, gaps.cause
            order by gaps.month_index asc, gaps.wording asc
        ) as turn
    from org_windows
    inner join datasets_read on org_windows.window_months = datasets_read.window_months
    inner join gaps
        on
            org_windows.org_view = gaps.org_view
            and datasets_read.dataset = gaps.dataset
            and org_windows.org_type = gaps.org_type
            and org_windows.org_code = gaps.org_code
            and org_windows.month_index - org_windows.window_months < gaps.month_index
            and org_windows.month_index >= gaps.month_index

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
