-- One row per practice, year end, indicator of QOF and measure.
with qof_achievement as (

    select * from {{ ref('stg_quality__qof_achievement') }}

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

)

select * from counts
