-- One row per indicator version, variant and dataset that it reads, with the months back that a gap reaches it from.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

specialties as (

    select * from {{ ref('component_treatment_function') }}

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

restricted_components as (

    select distinct component_id from specialties

),

components_read as (

    select
        indicator_id,
        version,
        variant,
        window_months,
        numerator_component_id as component_id
    from definitions

    union

    select
        indicator_id,
        version,
        variant,
        window_months,
        denominator_component_id as component_id
    from definitions
    where denominator_component_id is not null

),

datasets as (

    select
        components_read.indicator_id,
        components_read.version,
        components_read.variant,
        components_read.window_months,
        components.dataset,
        cast(
            components_read.window_months + max(coalesce(components.lookback_months, 0)) as integer
        ) as gap_window_months,
        max(case when restricted_components.component_id is null then 1 else 0 end) = 1 as reads_every_specialty,
        max(case when components.measure = 'cost' then 1 else 0 end) = 1 as reads_cost,
        max(case when {{ reads_deciding_codes('components.component_id') }} then 1 else 0 end) = 1 as reads_codes,
        max(case when counted_feeds.dataset is not null then 1 else 0 end) = 1 as is_counted
    from components_read
    inner join components on components_read.component_id = components.component_id
    left join restricted_components on components_read.component_id = restricted_components.component_id
    left join counted_feeds on components.dataset = counted_feeds.dataset
    group by
        components_read.indicator_id,
        components_read.version,
        components_read.variant,
        components_read.window_months,
        components.dataset

)

select * from datasets
