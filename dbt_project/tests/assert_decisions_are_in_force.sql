-- Fails where a decision of indicator_config is not what the definitions do: a decision that nobody applies is a lie.
with config as (

    select * from {{ ref('indicator_config') }}

),

variants as (

    select * from {{ ref('indicator_variant') }}
    where is_headline

),

components as (

    select * from {{ ref('component_definition') }}

),

newest as (

    select
        *,
        row_number() over (
            partition by indicator_id, component_id, version, parameter order by valid_from desc
        ) as recency
    from config

),

applied as (

    select
        newest.*,
        case newest.parameter
            when 'numerator_component_id' then variants.numerator_component_id
            when 'denominator_component_id' then variants.denominator_component_id
            when 'denominator_aggregation' then variants.denominator_aggregation
            when 'measure' then components.measure
            -- read where activity is attributed: the decision is what is in force
            when 'sus_practice_attribution' then newest.value
        end as value_in_force
    from newest
    left join variants
        on
            newest.indicator_id = variants.indicator_id
            and newest.version = variants.version
    left join components on newest.component_id = components.component_id
    where newest.recency = 1

)

select * from applied
where value is distinct from value_in_force
