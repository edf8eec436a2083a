-- One row per practice and day on which an overall rating of it was published: what was rated then, and the one before.
-- Each file is a snapshot of the latest ratings, so that an earlier rating is known from the files of earlier months.
with ratings as (

    select * from {{ ref('stg_experience__cqc_rating') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

newest_file as (

    select max(month) as month
    from ratings

),

overall as (

    select
        *,
        min(month) over (partition by org_code, publication_date) as first_month,
        -- a newer file corrects an older one; of two locations with one code and day the one that was inspected itself
        row_number() over (
            partition by org_code, publication_date
            order by
                month desc,
                case when inherited_rating = 'Y' then 1 else 0 end asc,
                location_id asc,
                report_type asc nulls last,
                source_row asc
        ) as age
    from ratings
    where
        is_overall
        and is_practice
        and is_good_or_better is not null
        and publication_date is not null

),

publications as (

    select
        org_code as practice_code,
        location_id,
        publication_date,
        rating,
        report_type,
        report_link,
        {{ yes_no('inherited_rating') }} as is_inherited,
        first_month,
        month as last_month
    from overall
    where age = 1

),

-- the files in which it stands as the rating of the location
standing as (

    select distinct
        publications.practice_code,
        publications.publication_date,
        publications.location_id,
        overall.month
    from publications
    inner join overall
        on
            publications.practice_code = overall.org_code
            and publications.publication_date = overall.publication_date
            and publications.location_id = overall.location_id

),

-- a domain may be rated by an older report than the whole; by a newer one it is no part of this publication
domains as (

    select
        standing.practice_code,
        standing.publication_date,
        replace(lower(trim(ratings.domain)), '-', ' ') as domain,
        ratings.rating,
        row_number() over (
            partition by
                standing.practice_code,
                standing.publication_date,
                replace(lower(trim(ratings.domain)), '-', ' ')
            order by ratings.publication_date desc nulls last, ratings.month desc, ratings.source_row asc
        ) as age
    from standing
    inner join ratings
        on
            standing.location_id = ratings.location_id
            and standing.month = ratings.month
    where
        lower(trim(ratings.service_population_group)) = 'overall'
        and not ratings.is_overall
        and ratings.rating is not null
        and coalesce(ratings.publication_date <= standing.publication_date, true)

),

by_domain as (

    select
        practice_code,
        publication_date,
        max(case when domain = 'safe' then rating end) as safe,
        max(case when domain = 'effective' then rating end) as effective,
        max(case when domain = 'caring' then rating end) as caring,
        max(case when domain = 'responsive' then rating end) as responsive,
        max(case when domain = 'well led' then rating end) as well_led
    from domains
    where age = 1
    group by practice_code, publication_date

),

ordered as (

    select
        *,
        lag(rating) over (partition by practice_code order by publication_date) as previous_rating,
        lag(publication_date) over (partition by practice_code order by publication_date) as previous_publication_date,
        row_number() over (partition by practice_code, last_month order by publication_date desc) as place_in_file
    from publications

),

described as (

    select
        ordered.*,
        ordered.place_in_file = 1 and ordered.last_month = newest_file.month as is_current,
        commissioner_links.commissioner_code,
        by_domain.safe,
        by_domain.effective,
        by_domain.caring,
        by_domain.responsive,
        by_domain.well_led
    from ordered
    cross join newest_file
    left join by_domain
        on
            ordered.practice_code = by_domain.practice_code
            and ordered.publication_date = by_domain.publication_date
    left join commissioner_links
        on
            ordered.practice_code = commissioner_links.practice_code
            and ordered.last_month >= commissioner_links.valid_from
            and ordered.last_month <= commissioner_links.valid_to

)

select
    cast(practice_code as string) as practice_code,
    cast(commissioner_code as string) as commissioner_code,
    cast(publication_date as date) as publication_date,
    cast({{ rating_word('rating') }} as string) as overall_rating,
    cast({{ rating_word('previous_rating') }} as string) as previous_rating,
    cast(previous_publication_date as date) as previous_publication_date,
    cast({{ rating_word('safe') }} as string) as safe,
    cast({{ rating_word('effective') }} as string) as effective,
    cast({{ rating_word('caring') }} as string) as caring,
    cast({{ rating_word('responsive') }} as string) as responsive,
    cast({{ rating_word('well_led') }} as string) as well_led,
    cast(report_type as string) as report_type,
    cast(report_link as string) as report_link,
    is_inherited,
    is_current,
    cast(first_month as date) as first_month,
    cast(last_month as date) as last_month
from described
