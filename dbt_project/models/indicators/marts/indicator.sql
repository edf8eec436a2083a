-- One row per indicator and version: its definition.
with definitions as (

    select * from {{ ref('indicator_definition') }}

),

examples as (

    select * from {{ ref('indicator_example') }}

),

variants as (

    select * from {{ ref('indicator_variant') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

datasets_read as (

    select * from {{ ref('int_indicators__dataset_read') }}

),

distinct_datasets as (

    select distinct
        indicator_id,
        version,
        dataset
    from datasets_read

),

feeds as (

    select
        indicator_id,
        version,
        {{ joined_text('dataset', 'dataset') }} as source_feeds
    from distinct_datasets
    group by indicator_id, version

),

lookbacks as (

    select
        indicator_id,
        version,
        max(gap_window_months - window_months) as lookback_months
    from datasets_read
    group by indicator_id, version

),

headlines as (

    select
        variants.indicator_id,
        variants.version,
        above.is_patient_count or coalesce(below.is_patient_count, false) or above.measure = 'cost' as counts_patients
    from variants
    inner join components as above
        on variants.numerator_component_id = above.component_id
    left join components as below
        on variants.denominator_component_id = below.component_id
    where variants.is_headline

)

select
    cast(definitions.indicator_id as string) as indicator_id,
    cast(definitions.version as string) as version,
    cast(definitions.name as string) as name,
    cast(definitions.domain as string) as domain,
    cast(definitions.numerator_label as string) as numerator_label,
    cast(definitions.denominator_label as string) as denominator_label,
    cast(definitions.unit as string) as unit,
    cast(definitions.multiplier as decimal(18, 5)) as multiplier,
    cast(definitions.direction as string) as direction,
    cast(definitions.decimals as integer) as decimals,
    cast(definitions.period_basis as string) as period_basis,
    cast(definitions.baseline_rule as string) as baseline_rule,
    cast(feeds.source_feeds as string) as source_feeds,
    cast(lookbacks.lookback_months as integer) as lookback_months,
    cast(definitions.owner as string) as owner,
    cast(definitions.valid_from as date) as valid_from,
    cast(definitions.valid_to as date) as valid_to,
    cast(definitions.source as string) as source,
    cast(definitions.statistic as string) as statistic,
    cast(definitions.rationale as string) as rationale,
    cast(definitions.caveats as string) as caveats,
    cast(definitions.definition_change as string) as definition_change,
    cast(examples.numerator as decimal(18, 5)) as example_numerator,
    cast(examples.denominator as decimal(18, 5)) as example_denominator,
    cast(examples.value as decimal(18, 5)) as example_value,
    cast(headlines.counts_patients as boolean) as counts_patients
from definitions
left join examples
    on
        definitions.indicator_id = examples.indicator_id
        and definitions.version = examples.version
left join headlines
    on
        definitions.indicator_id = headlines.indicator_id
        and definitions.version = headlines.version
left join feeds
    on
        definitions.indicator_id = feeds.indicator_id
        and definitions.version = feeds.version
left join lookbacks
    on
        definitions.indicator_id = lookbacks.indicator_id
        and definitions.version = lookbacks.version
