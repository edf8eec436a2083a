-- One row per component of a feed of counts, organisation as in the feed, and month.
with counts as (

    select * from {{ ref('int_indicators__count') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

component_codes as (

    select * from {{ ref('component_code') }}

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

summed as (

    select
        components.component_id,
        counted_feeds.dataset,
        counted_feeds.org_level,
        counts.org_code,
        counts.month,
        cast(sum(counts.value) as decimal(28, 5)) as value
    from components
    inner join counted_feeds on components.dataset = counted_feeds.dataset
    inner join component_codes on components.component_id = component_codes.component_id
    inner join counts
        on
            components.dataset = counts.dataset
            and components.measure = counts.measure
            and component_codes.code = counts.code
    where counts.value is not null
    group by
        components.component_id,
        counted_feeds.dataset,
        counted_feeds.org_level,
        counts.org_code,
        counts.month

)

select * from summed
