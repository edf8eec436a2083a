-- Fails on an indicator of counts whose numerator and denominator come from different feeds, or whose components have
-- no codes: a practice that sent one and not the other would count in one sum alone.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

codes as (

    select distinct component_id from {{ ref('component_code') }}

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

mixed as (

    select
        indicator_id as wrong_id,
        concat(numerator_dataset, ' over ', denominator_dataset) as problem
    from definitions
    where is_counted and denominator_dataset is not null and denominator_dataset <> numerator_dataset

),

without_codes as (

    select
        components.component_id as wrong_id,
        'codes and code_match do not go together' as problem
    from components
    left join codes on components.component_id = codes.component_id
    where (components.code_match is not distinct from 'code') is distinct from (codes.component_id is not null)

),

without_feed as (

    select
        components.component_id as wrong_id,
        concat('code_match and feed ', components.dataset, ' do not go together') as problem
    from components
    left join counted_feeds on components.dataset = counted_feeds.dataset
    where (components.code_match is not distinct from 'code') is distinct from (counted_feeds.dataset is not null)

)

select * from mixed
union all
select * from without_codes
union all
select * from without_feed
