-- One row per agreement of a federation and month of its period: what stayed below the same months of the baseline, and
-- the reward for each whole step of 0.1 percent, at most 4 percent.
with terms as (

    select * from {{ ref('gain_share_term') }}
    where
        org_type <> 'commissioner'
        or {{ is_own('org_code') }}

),

component_values as (

    select * from {{ ref('component_value') }}

),

practice_months as (

    select * from {{ ref('practice_month') }}

),

definitions as (

    select * from {{ ref('component_definition') }}

),

gaps as (

    select * from {{ ref('int_indicators__gap') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

indexed_terms as (

    select
        terms.*,
        definitions.dataset,
        extract(year from terms.period_from) * 12 + extract(month from terms.period_from) - 1 as period_index,
        extract(year from terms.baseline_from) * 12 + extract(month from terms.baseline_from) - 1 as baseline_index
    from terms
    inner join definitions on terms.component_id = definitions.component_id

),

org_practices as (

    select
        practice_code,
        current_practice_code,
        month,
        'commissioner' as org_type,
        commissioner_code as org_code
    from practice_months

    union all

    select
        practice_code,
        current_practice_code,
        month,
        'neighbourhood' as org_type,
        neighbourhood as org_code
    from practice_months

    union all

    select
        practice_code,
        current_practice_code,
        month,
        'locality' as org_type,
        locality as org_code
    from practice_months

    union all

    select
        practice_code,
        current_practice_code,
        month,
        'pcn' as org_type,
        pcn as org_code
    from practice_months

),

-- an expected practice without rows is missing, and what a gate withholds of one is not known: neither is nothing
practice_gaps as (

    select distinct
        indexed_terms.term_id,
        gaps.month_index
    from indexed_terms
    inner join gaps
        on
            gaps.org_view = 'as_at'
            and indexed_terms.org_type = gaps.org_type
            and indexed_terms.org_code = gaps.org_code
            and indexed_terms.dataset = gaps.dataset

),

-- practices under today's codes, so that a merger within the organisation changes nothing
term_practices as (

    select distinct
        indexed_terms.term_id,
        org_practices.current_practice_code,
        extract(year from org_practices.month) * 12 + extract(month from org_practices.month) - 1 as month_index
    from indexed_terms
    inner join org_practices
        on
            indexed_terms.org_type = org_practices.org_type
            and indexed_terms.org_code = org_practices.org_code

),

paired_practices as (

    select
        indexed_terms.term_id,
        term_practices.current_practice_code,
        indexed_terms.months,
        term_practices.month_index - indexed_terms.period_index as place,
        'period' as side
    from indexed_terms
    inner join term_practices on indexed_terms.term_id = term_practices.term_id

    union all

    select
        indexed_terms.term_id,
        term_practices.current_practice_code,
        indexed_terms.months,
        term_practices.month_index - indexed_terms.baseline_index as place,
        'baseline' as side
    from indexed_terms
    inner join term_practices on indexed_terms.term_id = term_practices.term_id

),

moved_practices as (

    select
        term_id,
        place,
        current_practice_code
    from paired_practices
    where
        place >= 0
        and months > place
    group by term_id, place, current_practice_code
    having count(*) = 1

),

moved_months as (

    select
        term_id,
        place,
        count(*) as practices_moved
    from moved_practices
    group by term_id, place

),

-- a month counts where all of its practices' figures stand
term_months as (

    select
        indexed_terms.term_id,
        extract(year from component_values.month) * 12 + extract(month from component_values.month) - 1 as month_index,
        sum(component_values.value) as value
    from indexed_terms
    inner join org_practices
        on
            indexed_terms.org_type = org_practices.org_type
            and indexed_terms.org_code = org_practices.org_code
    inner join component_values
        on
            indexed_terms.component_id = component_values.component_id
            and org_practices.practice_code = component_values.practice_code
            and org_practices.month = component_values.month
    group by
        indexed_terms.term_id,
        extract(year from component_values.month) * 12 + extract(month from component_values.month) - 1
    having
        count(*) = count(component_values.value)
        and min(case when component_values.is_complete then 1 else 0 end) = 1

),

compared_months as (

    select
        indexed_terms.*,
        calendar.month,
        calendar.month_index - indexed_terms.period_index + 1 as months_elapsed,
        case when actual_gaps.term_id is null then actual_months.value end as actual_month,
        case when baseline_gaps.term_id is null then baseline_months.value end as baseline_month,
        coalesce(moved_months.practices_moved, 0) as practices_moved
    from indexed_terms
    inner join calendar
        on
            indexed_terms.period_index <= calendar.month_index
            and indexed_terms.period_index + indexed_terms.months > calendar.month_index
    left join term_months as actual_months
        on
            indexed_terms.term_id = actual_months.term_id
            and calendar.month_index = actual_months.month_index
    left join term_months as baseline_months
        on
            indexed_terms.term_id = baseline_months.term_id
            and calendar.month_index - indexed_terms.period_index + indexed_terms.baseline_index
            = baseline_months.month_index
    left join practice_gaps as actual_gaps
        on
            indexed_terms.term_id = actual_gaps.term_id
            and calendar.month_index = actual_gaps.month_index
    left join practice_gaps as baseline_gaps
        on
            indexed_terms.term_id = baseline_gaps.term_id
            and calendar.month_index - indexed_terms.period_index + indexed_terms.baseline_index
            = baseline_gaps.month_index
    left join moved_months
        on
            indexed_terms.term_id = moved_months.term_id
            and calendar.month_index - indexed_terms.period_index = moved_months.place

),

summed as (

    select
        *,
        count(actual_month) over (partition by term_id order by month) as actual_months,
        count(baseline_month) over (partition by term_id order by month) as baseline_months,
        sum(actual_month) over (partition by term_id order by month) as actual_sum,
        sum(baseline_month) over (partition by term_id order by month) as baseline_sum,
        sum(practices_moved) over (partition by term_id order by month) as moved_sum
    from compared_months

),

known as (

    select
        *,
        case
            when actual_months = months_elapsed and baseline_months = months_elapsed
                then cast(baseline_sum as decimal(18, 5))
        end as baseline,
        case
            when actual_months = months_elapsed and baseline_months = months_elapsed
                then cast(actual_sum as decimal(18, 5))
        end as actual
    from summed

),

estimated as (

    select
        *,
        cast(
            case
                when baseline is null then null
                when baseline <= 0 or actual >= baseline then 0
                else least(floor(cast(baseline - actual as double) * 1000 / cast(baseline as double)), 40)
            end as integer
        ) as estimate
    from known

),

-- floating point can miss a step by a hair: the step is settled in decimals
stepped as (

    select
        *,
        case
            when estimate > 0 and baseline * estimate > (baseline - actual) * 1000 then estimate - 1
            when
                estimate < 40 and baseline > 0 and baseline * (estimate + 1) <= (baseline - actual) * 1000
                then estimate + 1
            else estimate
        end as steps
    from estimated

)

select
    cast(term_id as string) as term_id,
    cast(month as date) as month,
    cast(federation as string) as federation,
    cast(org_type as string) as org_type,
    cast(org_code as string) as org_code,
    cast(component_id as string) as component_id,
    cast(months_elapsed as integer) as months_elapsed,
    cast(months_elapsed = months as boolean) as is_final,
    cast(baseline as decimal(18, 5)) as baseline,
    cast(actual as decimal(18, 5)) as actual,
    cast(
        case when baseline > 0 then cast(baseline - actual as double) * 100 / cast(baseline as double) end as double
    ) as reduction_percent,
    cast(moved_sum = 0 as boolean) as has_same_practices,
    cast(steps as integer) as steps,
    cast(gbp_per_step as decimal(18, 2)) as gbp_per_step,
    cast(steps * gbp_per_step as decimal(18, 2)) as amount,
    cast(
        case when baseline is null then 'awaiting' when gbp_per_step is null then 'rate_not_set' else 'computed' end
        as string
    ) as state,
    cast(
        case
            when baseline is null then 'a month of the period, or of the baseline, is not complete'
            when gbp_per_step is null then 'no pounds per step are decided (seed gain_share_term)'
        end as string
    ) as state_reason
from stepped
