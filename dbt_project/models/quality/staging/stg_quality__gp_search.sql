-- One row per practice, search and day that it counts at: the newest run of it.
with gp_search as (

    select * from {{ source('feed', 'gp_search') }}

),

aged as (

    select
        *,
        {{ upsert_age(['practice_code', 'search_id', 'as_at'], 'run_at') }} as run_age
    from gp_search

),

newest as (

    select
        period as month,
        practice_code,
        search_id,
        search_version,
        as_at,
        run_at,
        population,
        numerator,
        denominator,
        excluded,
        males,
        females
    from aged
    where run_age = 1

)

select * from newest
