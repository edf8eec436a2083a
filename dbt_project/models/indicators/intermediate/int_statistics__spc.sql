-- One row per indicator version, organisation and month with a figure of that month alone: the control chart (XmR) that
-- ends with it, of the months before it without a gap, at most so many as statistic_config says.
with observations as (

    select * from {{ ref('int_statistics__observation') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

config as (

    select * from {{ ref('int_statistics__config') }}

),

-- months in a row have one difference between their place in time and their place in the series
runs as (

    select
        observations.*,
        calendar.month_index,
        calendar.month_index - row_number() over (
            partition by
                observations.indicator_id, observations.version, observations.org_type, observations.org_code
            order by calendar.month_index
        ) as run_id
    from observations
    inner join calendar on observations.month = calendar.month

),

points as (

    select
        ends.indicator_id,
        ends.version,
        ends.direction,
        ends.org_type,
        ends.org_code,
        ends.month,
        config.spc_points_least,
        config.spc_limit,
        config.spc_near,
        config.spc_range_left_out,
        config.spc_run,
        runs.month_index,
        runs.value,
        runs.value - lag(runs.value) over (
            partition by ends.indicator_id, ends.version, ends.org_type, ends.org_code, ends.month
            order by runs.month_index
        ) as step,
        runs.month_index = ends.month_index as is_last
    from runs as ends
    inner join config on ends.month = config.month
    inner join runs
        on
            ends.indicator_id = runs.indicator_id
            and ends.version = runs.version
            and ends.org_type = runs.org_type
            and ends.org_code = runs.org_code
            and ends.run_id = runs.run_id
            and ends.month_index - config.spc_points_most < runs.month_index
            and ends.month_index >= runs.month_index

),

averages as (

    select
        indicator_id,
        version,
        org_type,
        org_code,
        month,
        count(*) as point_count,
        {{ in_order('avg', 'value') }} as mean,
        {{ in_order('avg', 'abs(step)') }} as average_range
    from points
    group by indicator_id, version, org_type, org_code, month

),

-- ranges far above the average come from special causes and do not widen the limits
kept as (

    select
        points.indicator_id,
        points.version,
        points.org_type,
        points.org_code,
        points.month,
        averages.point_count,
        averages.mean,
        averages.average_range,
        case
            when
                abs(points.step) < points.spc_range_left_out * averages.average_range
                or averages.average_range = 0
                then abs(points.step)
        end as kept_range
    from points
    inner join averages
        on
            points.indicator_id = averages.indicator_id
            and points.version = averages.version
            and points.org_type = averages.org_type
            and points.org_code = averages.org_code
            and points.month = averages.month

),

screened as (

    select
        indicator_id,
        version,
        org_type,
        org_code,
        month,
        point_count,
        mean,
        average_range,
        {{ in_order('avg', 'kept_range') }} as screened_range
    from kept
    group by indicator_id, version, org_type, org_code, month, point_count, mean, average_range

),

-- where only the rare steps are steps at all they are what the process does: limits on the mean would flag every point
limits as (

    select
        indicator_id,
        version,
        org_type,
        org_code,
        month,
        point_count,
        mean,
        {{ float_slack('mean') }} as slack,
        case
            when screened_range < {{ float_slack('mean') }} then average_range
            else screened_range
        end as average_moving_range
    from screened

),

placed as (

    select
        points.*,
        limits.point_count,
        limits.mean,
        limits.slack,
        limits.average_moving_range,
        limits.mean - points.spc_limit * limits.average_moving_range as lower_limit,
        limits.mean + points.spc_limit * limits.average_moving_range as upper_limit,
        case
            when abs(points.value - limits.mean) < limits.slack then 0
            when points.value > limits.mean then 1
            else -1
        end as side,
        case
            when points.step is null or abs(points.step) < limits.slack then 0
            when points.step > 0 then 1
            else -1
        end as course
    from points
    inner join limits
        on
            points.indicator_id = limits.indicator_id
            and points.version = limits.version
            and points.org_type = limits.org_type
            and points.org_code = limits.org_code
            and points.month = limits.month
    where limits.point_count >= points.spc_points_least

),

marked as (

    select
        *,
        value < lower_limit - slack or value > upper_limit + slack as is_outside,
        side <> 0
        and abs(value - mean) > spc_near * average_moving_range
        and value >= lower_limit - slack
        and value <= upper_limit + slack as is_near,
        case
            when
                side = lag(side) over (
                    partition by indicator_id, version, org_type, org_code, month order by month_index
                )
                then 0
            else 1
        end as begins_side,
        case
            when
                course = lag(course) over (
                    partition by indicator_id, version, org_type, org_code, month order by month_index
                )
                then 0
            else 1
        end as begins_course
    from placed

),

grouped as (

    select
        *,
        sum(begins_side) over (
            partition by indicator_id, version, org_type, org_code, month order by month_index
            rows between unbounded preceding and current row
        ) as side_run,
        sum(begins_course) over (
            partition by indicator_id, version, org_type, org_code, month order by month_index
            rows between unbounded preceding and current row
        ) as course_run,
        -- how many of the three that begin with, surround or end with the point are near the limit of its side
        {% for offset in (0, 1, 2) %}
            sum(case when is_near then side else 0 end) over (
                partition by indicator_id, version, org_type, org_code, month order by month_index
                rows between {{ offset }} preceding and {{ 2 - offset }} following
            ) as near_{{ offset }},
            sum(side) over (
                partition by indicator_id, version, org_type, org_code, month order by month_index
                rows between {{ offset }} preceding and {{ 2 - offset }} following
            ) as sides_{{ offset }},
        {% endfor %}
        count(*) over (
            partition by indicator_id, version, org_type, org_code, month order by month_index
            rows between unbounded preceding and current row
        ) as place
    from marked

),

-- the step into the first of seven that rise belongs to the one before: six equal steps make seven points
counted as (

    select
        *,
        count(*) over (partition by indicator_id, version, org_type, org_code, month, side_run) as side_length,
        count(*) over (partition by indicator_id, version, org_type, org_code, month, course_run) as course_length
    from grouped

),

ruled as (

    select
        *,
        case when side = 0 then course else side end as heading,
        side <> 0 and side_length >= spc_run as is_shift,
        (course <> 0 and course_length >= spc_run - 1)
        or coalesce(
            lead(course <> 0 and course_length >= spc_run - 1 and begins_course = 1) over (
                partition by indicator_id, version, org_type, org_code, month order by month_index
            ), false
        ) as is_trend,
        is_near
        and (
            {% for offset in (0, 1, 2) %}
                (
                    near_{{ offset }} * side >= 2
                    and sides_{{ offset }} * side = 3
                    and place > {{ offset }} and place + {{ 2 - offset }} <= point_count
                )
                {{- ' or' if not loop.last }}
            {% endfor %}
        ) as is_two_of_three
    from counted

),

ends as (

    select
        indicator_id,
        version,
        org_type,
        org_code,
        month,
        is_outside,
        is_shift,
        is_trend,
        is_two_of_three,
        case
            when not (is_outside or is_shift or is_trend or is_two_of_three) then 'common'
            when direction = 'neutral' and heading = 1 then 'neutral_high'
            when direction = 'neutral' and heading = -1 then 'neutral_low'
            when heading = case direction when 'up' then 1 when 'down' then -1 end then 'improvement'
            when direction in ('up', 'down') then 'concern'
        end as variation
    from ruled
    where is_last

),

flags as (

    select
        indicator_id,
        version,
        org_type,
        org_code,
        month,
        max(point_count) as point_count,
        max(mean) as mean,
        max(average_moving_range) as average_moving_range,
        max(lower_limit) as lower_limit,
        max(upper_limit) as upper_limit,
        {{ joined_text("case
            when is_outside then 'o'
            when is_shift then 's'
            when is_trend then 't'
            when is_two_of_three then 'n'
            else '.'
        end", "month_index", "") }} as point_flags
    from ruled
    group by indicator_id, version, org_type, org_code, month

),

final as (

    select
        observations.indicator_id,
        observations.version,
        observations.org_type,
        observations.org_code,
        observations.month,
        observations.months_a_rate,
        observations.numerator,
        observations.denominator,
        observations.value,
        flags.point_count,
        flags.mean,
        flags.average_moving_range,
        flags.lower_limit,
        flags.upper_limit,
        flags.point_flags,
        ends.variation,
        ends.is_outside,
        ends.is_shift,
        ends.is_trend,
        ends.is_two_of_three
    from observations
    left join flags
        on
            observations.indicator_id = flags.indicator_id
            and observations.version = flags.version
            and observations.org_type = flags.org_type
            and observations.org_code = flags.org_code
            and observations.month = flags.month
    left join ends
        on
            observations.indicator_id = ends.indicator_id
            and observations.version = ends.version
            and observations.org_type = ends.org_type
            and observations.org_code = ends.org_code
            and observations.month = ends.month

)

select * from final
