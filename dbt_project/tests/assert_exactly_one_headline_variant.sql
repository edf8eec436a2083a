-- Fails on an indicator version without a headline variant or with several: reports would show none, or two.
with definitions as (

    select * from {{ ref('indicator_definition') }}

),

variants as (

    select * from {{ ref('indicator_variant') }}

),

counted as (

    select
        definitions.indicator_id,
        definitions.version,
        sum(case when variants.is_headline then 1 else 0 end) as headline_count
    from definitions
    left join variants
        on
            definitions.indicator_id = variants.indicator_id
            and definitions.version = variants.version
    group by definitions.indicator_id, definitions.version

)

select * from counted
where headline_count is distinct from 1
