-- One row per reconciliation and span in which it is in force, with what its two sides are made of.
with reconciliations as (

    select * from {{ ref('reconciliation') }}

),

variants as (

    select * from {{ ref('indicator_variant') }}
    where is_headline

),

indicators as (

    select * from {{ ref('indicator_definition') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

spans as (

    select
        *,
        lead(valid_from) over (partition by reconciliation_id order by valid_from) as superseded_from
    from reconciliations

),

-- of each indicator its newest version: what it counts does not change its kind
newest_variants as (

    select
        variants.indicator_id,
        variants.numerator_component_id,
        variants.denominator_component_id,
        indicators.unit,
        indicators.multiplier,
        row_number() over (partition by variants.indicator_id order by indicators.valid_from desc) as recency
    from variants
    inner join indicators
        on
            variants.indicator_id = indicators.indicator_id
            and variants.version = indicators.version

),

described as (

    select
        spans.*,
        -- the value of the indicator, or the count above or below its line
        case
            when spans.component_id is null then 'value'
            when spans.component_id = own.numerator_component_id then 'numerator'
            when spans.component_id = own.denominator_component_id then 'denominator'
            when spans.indicator_id is null then 'component'
        end as figure,
        case when spans.component_id is null then own.multiplier else 1 end as multiplier,
        case when spans.component_id is null then own.unit else counted.unit end as unit,
        coalesce(counted.is_patient_count, false) or coalesce(counted_below.is_patient_count, false) as counts_patients,
        counted.measure as component_measure,
        published.numerator_component_id as published_component_id,
        case spans.kind
            when 'survey_share' then counted.dataset
            when 'provider_attendances' then spans.counterpart
            when 'published_count' then spans.counterpart
            else published_components.dataset
        end as published_dataset,
        rules.owner
    from spans
    left join newest_variants as own
        on
            spans.indicator_id = own.indicator_id
            and own.recency = 1
    left join newest_variants as published
        on
            spans.counterpart = published.indicator_id
            and published.recency = 1
    left join components as counted
        on coalesce(spans.component_id, own.numerator_component_id) = counted.component_id
    left join components as counted_below on own.denominator_component_id = counted_below.component_id
    left join components as published_components
        on published.numerator_component_id = published_components.component_id
    left join rules on spans.issue = rules.issue

)

select * from described
