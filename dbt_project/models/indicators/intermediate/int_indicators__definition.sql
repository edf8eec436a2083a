-- One row per indicator version and variant: everything the calculation needs to know of it.
with indicators as (

    select * from {{ ref('indicator_definition') }}

),

variants as (

    select * from {{ ref('indicator_variant') }}

),

period_bases as (

    select * from {{ ref('period_basis') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

joined as (

    select
        indicators.indicator_id,
        indicators.version,
        variants.variant,
        variants.is_headline,
        indicators.multiplier,
        indicators.direction,
        indicators.decimals,
        indicators.baseline_rule,
        indicators.statistic,
        indicators.period_basis,
        period_bases.window_months,
        period_bases.every_months,
        period_bases.due_month,
        variants.numerator_component_id,
        variants.denominator_component_id,
        variants.denominator_aggregation,
        numerators.dataset as numerator_dataset,
        denominators.dataset as denominator_dataset,
        counted_feeds.dataset is not null as is_counted,
        coalesce(counted_feeds.org_level, 'practice') as org_level,
        coalesce(
            counted_feeds.covers_own_only
            or {{ is_hospital_activity('numerators.dataset') }}
            or {{ is_hospital_activity('denominators.dataset') }}, false
        ) as covers_own_only
    from indicators
    inner join variants
        on
            indicators.indicator_id = variants.indicator_id
            and indicators.version = variants.version
    inner join period_bases on indicators.period_basis = period_bases.period_basis
    inner join components as numerators on variants.numerator_component_id = numerators.component_id
    left join components as denominators on variants.denominator_component_id = denominators.component_id
    left join counted_feeds on numerators.dataset = counted_feeds.dataset

),

-- what a control chart is made of: of a headline variant that sums months, each month alone
observations as (

    select
        indicator_id,
        version,
        concat(variant, ' by month') as variant,
        false as is_headline,
        true as is_observation,
        multiplier,
        direction,
        decimals,
        cast(null as string) as baseline_rule,
        statistic,
        'month' as period_basis,
        1 as window_months,
        every_months,
        due_month,
        numerator_component_id,
        denominator_component_id,
        denominator_aggregation,
        numerator_dataset,
        denominator_dataset,
        is_counted,
        org_level,
        covers_own_only
    from joined
    where is_headline and window_months > 1 and every_months = 1

),

final as (

    select
        indicator_id,
        version,
        variant,
        is_headline,
        false as is_observation,
        multiplier,
        direction,
        decimals,
        baseline_rule,
        statistic,
        period_basis,
        window_months,
        every_months,
        due_month,
        numerator_component_id,
        denominator_component_id,
        denominator_aggregation,
        numerator_dataset,
        denominator_dataset,
        is_counted,
        org_level,
        covers_own_only
    from joined

    union all

    select * from observations

)

select * from final
