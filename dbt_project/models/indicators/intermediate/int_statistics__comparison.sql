-- One row per indicator version, practice and period end with a figure: beside the other practices of the commissioner.
with intervals as (

    select * from {{ ref('int_statistics__interval') }}

),

config as (

    select * from {{ ref('int_statistics__config') }}

),

-- rates of practices together: one of a small denominator moves them with the rest. One that was open for part of the
-- period alone does not: its cases are of some months, its patients as many as of a whole year.
benchmarks as (

    select
        indicator_id,
        version,
        month,
        max(multiplier) * {{ in_order('sum', 'numerator') }}
        / nullif({{ in_order('sum', 'denominator') }}, 0) as benchmark
    from intervals
    where has_chance and is_whole
    group by indicator_id, version, month

),

-- the standard error of a figure that differs from the others by chance alone
deviating as (

    select
        intervals.*,
        benchmarks.benchmark,
        case
            when intervals.statistic = 'proportion'
                then
                    sqrt(
                        benchmarks.benchmark * greatest(intervals.multiplier - benchmarks.benchmark, 0)
                        / intervals.denominator
                    )
            else sqrt(benchmarks.benchmark * intervals.multiplier / intervals.denominator)
        end as standard_error
    from intervals
    left join benchmarks
        on
            intervals.indicator_id = benchmarks.indicator_id
            and intervals.version = benchmarks.version
            and intervals.month = benchmarks.month
            and intervals.has_chance

),

scored as (

    select
        *,
        (value - benchmark) / nullif(standard_error, 0) as z_score
    from deviating

),

-- practices differ by more than chance: their tenth and ninetieth score bound the scores that the spread is taken from
bounds as (

    select
        indicator_id,
        version,
        month,
        percentile_cont(0.1) within group (order by z_score) as lowest,
        percentile_cont(0.9) within group (order by z_score) as highest
    from scored
    where z_score is not null and is_whole and not is_small_denominator
    group by indicator_id, version, month

),

spreads as (

    select
        scored.indicator_id,
        scored.version,
        scored.month,
        sqrt(
            greatest(
                1, {{ in_order('avg', 'power(least(greatest(scored.z_score, bounds.lowest), bounds.highest), 2)') }}
            )
        ) as spread
    from scored
    inner join bounds
        on
            scored.indicator_id = bounds.indicator_id
            and scored.version = bounds.version
            and scored.month = bounds.month
    where scored.z_score is not null and scored.is_whole and not scored.is_small_denominator
    group by scored.indicator_id, scored.version, scored.month

),

-- best is first, highest where neither way is good; a figure of part of the period is not ranked
ranked as (

    select
        *,
        case
            when is_whole
                then
                    rank() over (
                        partition by indicator_id, version, month, is_whole
                        order by
                            case when direction = 'down' then value when direction in ('up', 'neutral') then -value end
                    )
        end as place
    from scored

),

-- both ends of every interval: of each its lower and its upper one
edges as (

    select
        indicator_id,
        version,
        org_code,
        month,
        ci_lower as edge,
        1 as is_lower,
        0 as is_upper
    from intervals
    where is_whole and ci_lower is not null

    union all

    select
        indicator_id,
        version,
        org_code,
        month,
        ci_upper as edge,
        0 as is_lower,
        1 as is_upper
    from intervals
    where is_whole and ci_upper is not null

),

-- how many intervals begin above an edge, and how many end below it: all but those that begin up to it or end from it
-- on. Counted along the edges in their order: to hold each against each takes minutes where there are thousands.
counted as (

    select
        *,
        sum(is_lower) over (partition by indicator_id, version, month)
        - sum(is_lower) over (
            partition by indicator_id, version, month order by edge
            range between unbounded preceding and current row
        ) as begin_above,
        sum(is_upper) over (partition by indicator_id, version, month)
        - sum(is_upper) over (
            partition by indicator_id, version, month order by edge desc
            range between unbounded preceding and current row
        ) as end_below
    from edges

),

beyond as (

    select
        indicator_id,
        version,
        org_code,
        month,
        max(case when is_upper = 1 then begin_above end) as above,
        max(case when is_lower = 1 then end_below end) as below
    from counted
    group by indicator_id, version, org_code, month

),

-- the place that chance may have moved it to: behind all that are before it, and before all behind it, beyond chance
places as (

    select
        intervals.indicator_id,
        intervals.version,
        intervals.org_code,
        intervals.month,
        1 + coalesce(
            case
                when intervals.direction in ('up', 'neutral') then beyond.above
                when intervals.direction = 'down' then beyond.below
            end,
            0
        ) as best_place,
        count(*) over (partition by intervals.indicator_id, intervals.version, intervals.month)
        - coalesce(
            case
                when intervals.direction in ('up', 'neutral') then beyond.below
                when intervals.direction = 'down' then beyond.above
            end,
            0
        ) as worst_place,
        count(*) over (partition by intervals.indicator_id, intervals.version, intervals.month) as practices_ranked
    from intervals
    left join beyond
        on
            intervals.indicator_id = beyond.indicator_id
            and intervals.version = beyond.version
            and intervals.org_code = beyond.org_code
            and intervals.month = beyond.month
    where intervals.is_whole

),

limited as (

    select
        ranked.indicator_id,
        ranked.version,
        ranked.org_code,
        ranked.month,
        ranked.period_end,
        ranked.direction,
        ranked.statistic,
        ranked.numerator,
        ranked.denominator,
        ranked.value,
        ranked.benchmark,
        ranked.ci_lower,
        ranked.ci_upper,
        ranked.is_small_denominator,
        greatest(ranked.benchmark - config.funnel_alert_z * ranked.standard_error, 0) as alert_lower,
        ranked.benchmark + config.funnel_alert_z * ranked.standard_error as alert_upper,
        greatest(ranked.benchmark - config.funnel_outlier_z * ranked.standard_error, 0) as outlier_lower,
        ranked.benchmark + config.funnel_outlier_z * ranked.standard_error as outlier_upper,
        ranked.z_score,
        spreads.spread,
        ranked.z_score / spreads.spread as adjusted_z,
        config.funnel_alert_z,
        config.funnel_outlier_z,
        ranked.is_whole
        and not ranked.is_small_denominator
        and ranked.numerator >= config.funnel_numerator_least as can_be_outlier,
        ranked.place,
        case when ranked.has_chance then places.best_place else ranked.place end as best_place,
        case when ranked.has_chance then places.worst_place else ranked.place end as worst_place,
        places.practices_ranked
    from ranked
    inner join config on ranked.month = config.month
    left join spreads
        on
            ranked.indicator_id = spreads.indicator_id
            and ranked.version = spreads.version
            and ranked.month = spreads.month
    left join places
        on
            ranked.indicator_id = places.indicator_id
            and ranked.version = places.version
            and ranked.org_code = places.org_code
            and ranked.month = places.month

),

final as (

    select
        *,
        case
            when not can_be_outlier or adjusted_z is null then null
            when adjusted_z > funnel_outlier_z then 'high'
            when adjusted_z < -funnel_outlier_z then 'low'
            when adjusted_z > funnel_alert_z then 'high_alert'
            when adjusted_z < -funnel_alert_z then 'low_alert'
        end as outlier
    from limited

)

select * from final
