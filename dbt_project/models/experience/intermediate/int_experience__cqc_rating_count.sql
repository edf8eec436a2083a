-- One row per practice, month of the file and measure: the practice's own rating, the newest where it has several
-- locations. A practice that was not rated has no rows.
with ratings as (

    select * from {{ ref('stg_experience__cqc_rating') }}

),

ranked as (

    select
        org_code,
        month,
        is_good_or_better,
        row_number() over (
            partition by org_code, month
            order by
                case when publication_date is null then 1 else 0 end asc,
                publication_date desc,
                case when inherited_rating = 'Y' then 1 else 0 end asc,
                location_id asc,
                source_row asc
        ) as age
    from ratings
    where
        is_overall
        and is_good_or_better is not null
        and is_practice

),

newest as (

    select * from ranked
    where age = 1

),

measured as (

    select
        org_code,
        month,
        'good_or_better' as measure,
        case when is_good_or_better then 1 else 0 end as number
    from newest
    union all
    select
        org_code,
        month,
        'rated' as measure,
        1 as number
    from newest

),

counted as (

    select
        'cqc_rating' as dataset,
        org_code,
        month,
        'CQC' as code,
        measure,
        cast(number as decimal(28, 5)) as value
    from measured

)

select * from counted
