-- One row per practice of the commissioner, headline indicator version, period end and rule that makes it an outlier.
with comparisons as (

    select * from {{ ref('int_statistics__comparison') }}

),

charts as (

    select * from {{ ref('int_statistics__spc') }}
    where org_type = 'practice' and variation = 'concern'

),

results as (

    select * from {{ ref('int_indicators__banded') }}
    where is_headline and org_view = 'as_at' and org_type = 'practice'

),

memberships as (

    select * from {{ ref('int_practice__membership') }}
    where org_view = 'as_at' and org_type = 'commissioner'

),

-- beyond what chance and the spread of practices explain, on the side that is not good. Where neither side is good none
-- is listed: who wants to know who differs finds high and low in indicator_comparison.
funnels as (

    select
        indicator_id,
        version,
        org_code,
        month,
        'funnel' as rule,
        outlier as finding
    from comparisons
    where
        (direction = 'up' and outlier = 'low')
        or (direction = 'down' and outlier = 'high')

),

changes as (

    select
        indicator_id,
        version,
        org_code,
        month,
        'special_cause' as rule,
        case
            when is_outside then 'outside the limits'
            when is_shift then 'seven on one side of the mean'
            when is_trend then 'seven that rise or fall'
            else 'two of three near a limit'
        end as finding
    from charts

),

-- of twenty practices with like figures one is below the target by chance: only an interval wholly beyond it counts
misses as (

    select
        comparisons.indicator_id,
        comparisons.version,
        comparisons.org_code,
        comparisons.month,
        'target' as rule,
        'interval beyond the target' as finding
    from comparisons
    inner join results
        on
            comparisons.indicator_id = results.indicator_id
            and comparisons.version = results.version
            and comparisons.org_code = results.org_code
            and comparisons.month = results.month
    where
        not comparisons.is_small_denominator
        and (
            (comparisons.direction = 'up' and comparisons.ci_upper < results.target)
            or (comparisons.direction = 'down' and comparisons.ci_lower > results.target)
        )

),

found as (

    select * from funnels
    union all
    select * from changes
    union all
    select * from misses

),

final as (

    select
        found.org_code as practice_code,
        found.indicator_id,
        found.version,
        results.period_end,
        found.rule,
        found.finding
    from found
    inner join results
        on
            found.indicator_id = results.indicator_id
            and found.version = results.version
            and found.org_code = results.org_code
            and found.month = results.month
    inner join memberships
        on
            found.month = memberships.month
            and found.org_code = memberships.practice_code

)

select
    cast(practice_code as string) as practice_code,
    cast(indicator_id as string) as indicator_id,
    cast(version as string) as version,
    cast(period_end as date) as period_end,
    cast(rule as string) as rule,
    cast(finding as string) as finding
from final
