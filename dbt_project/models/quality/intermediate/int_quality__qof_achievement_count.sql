-- One row per practice, year end, indicator of QOF and measure.
with qof_achievement as (

    select * from {{ ref('stg_quality__qof_achievement') }}

),

points as (

    select * from {{ ref('qof_points') }}

),

counts as (

    select
        'qof_achievement' as dataset,
        practice_code as org_code,
        month,
        upper(indicator_code) as code,
        lower(measure) as measure,
        cast(value as decimal(28, 5)) as value
    from qof_achievement

    union all

    select
        'qof_achievement' as dataset,
        qof_achievement.practice_code as org_code,
        qof_achievement.month,
        'TOTAL' as code,
        'achieved_points' as measure,
        cast(sum(qof_achievement.value) as decimal(28, 5)) as value
    from qof_achievement
    -- of a year whose points nobody has put in neither part is known
    inner join points on qof_achievement.month between points.valid_from and points.valid_to
    where lower(qof_achievement.measure) = 'achieved_points'
    group by qof_achievement.practice_code, qof_achievement.month

    union all

    select distinct
        'qof_achievement' as dataset,
        qof_achievement.practice_code as org_code,
        qof_achievement.month,
        'TOTAL' as code,
        'available_points' as measure,
        cast(points.points as decimal(28, 5)) as value
    from qof_achievement
    inner join points on qof_achievement.month between points.valid_from and points.valid_to
    where lower(qof_achievement.measure) = 'achieved_points'

)

select * from counts
