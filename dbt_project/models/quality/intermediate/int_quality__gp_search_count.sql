-- One row per practice, month, search and count of it (numerator, denominator, population, excluded).
-- A search that was run for two days of a month is of its later day.
with gp_search as (

    select * from {{ ref('stg_quality__gp_search') }}

),

aged as (

    select
        *,
        row_number() over (partition by practice_code, month, search_id order by as_at desc) as day_age
    from gp_search

),

latest as (

    select * from aged
    where day_age = 1

),

counted as (

    select
        practice_code,
        month,
        search_id,
        'numerator' as measure,
        numerator as patients
    from latest
    union all
    select
        practice_code,
        month,
        search_id,
        'denominator' as measure,
        denominator as patients
    from latest
    union all
    select
        practice_code,
        month,
        search_id,
        'population' as measure,
        population as patients
    from latest
    union all
    select
        practice_code,
        month,
        search_id,
        'excluded' as measure,
        excluded as patients
    from latest
    where excluded is not null

),

counts as (

    select
        'gp_search' as dataset,
        practice_code as org_code,
        month,
        upper(search_id) as code,
        measure,
        cast(patients as decimal(28, 5)) as value
    from counted

)

select * from counts
