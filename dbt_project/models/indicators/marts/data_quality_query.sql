-- One row per question that the data raise: what, where, how much; for the owner of the feed to answer.
with practice_queries as (

    select * from {{ ref('int_practice__quality_query') }}

),

prescribing_queries as (

    select * from {{ ref('int_prescribing__quality_query') }}

),

queries as (

    select * from practice_queries
    union all
    select * from prescribing_queries

)

select
    -- the same question has the same id in every build, whatever its amount
    cast(
        md5(
            concat_ws('|', issue, feed, coalesce(practice_code, ''), coalesce(cast(month as string), ''), subject)
        ) as string
    ) as query_id,
    cast(feed as string) as feed,
    cast(practice_code as string) as practice_code,
    cast(month as date) as month,
    cast(issue as string) as issue,
    cast(amount as double) as amount,
    cast(detail as string) as detail
from queries
