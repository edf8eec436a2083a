-- One row per indicator version, practice and period end with a figure: its interval, where chance can be judged; that
-- of the figure as readers may see it (numerators of patients are rounded as the rule of disclosure says).
with results as (

    select * from {{ ref('int_indicators__banded') }}
    where is_headline and org_view = 'as_at' and org_type = 'practice' and state = 'ok' and value is not null

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}
    where is_headline

),

components as (

    select * from {{ ref('component_definition') }}

),

rules as (

    select * from {{ ref('suppression_rule') }}
    where is_active and audience is null

),

config as (

    select * from {{ ref('int_statistics__config') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}
    where org_view = 'as_at' and org_type = 'commissioner'

),

judged as (

    select
        results.indicator_id,
        results.version,
        results.org_code,
        results.month,
        results.period_end,
        definitions.direction,
        definitions.statistic,
        cast(definitions.multiplier as double) as multiplier,
        results.value,
        cast(results.numerator as double) as numerator,
        cast(results.denominator as double) as denominator,
        case
            when components.is_patient_count
                then round(cast(results.numerator as double) / rules.round_to) * rules.round_to
            else cast(results.numerator as double)
        end as shown_numerator,
        case
            when below.is_patient_count
                then round(cast(results.denominator as double) / rules.round_to) * rules.round_to
            else cast(results.denominator as double)
        end as shown_denominator,
        config.interval_z as z,
        config.denominator_least,
        results.months_open = results.window_months as is_whole
    from results
    inner join definitions
        on
            results.indicator_id = definitions.indicator_id
            and results.version = definitions.version
            and results.variant = definitions.variant
    inner join components on definitions.numerator_component_id = components.component_id
    left join components as below on definitions.denominator_component_id = below.component_id
    cross join rules
    inner join config on results.month = config.month
    inner join memberships
        on
            results.month = memberships.month
            and results.org_code = memberships.practice_code

),

bounded as (

    select
        *,
        -- a share of money or of practices has no cases that chance could have spared
        statistic <> 'none' and coalesce(denominator, 0) > 0 and coalesce(shown_denominator, 0) > 0 as has_chance,
        coalesce(denominator < denominator_least, false) as is_small_denominator
    from judged

),

intervals as (

    select
        *,
        case
            when not has_chance then null
            when statistic = 'proportion'
                then
                    {{ wilson_limit('shown_numerator', 'shown_denominator', 'z', -1) }} * multiplier
            else {{ byar_lower('shown_numerator', 'z') }} / shown_denominator * multiplier
        end as ci_lower,
        case
            when not has_chance then null
            when statistic = 'proportion'
                then
                    {{ wilson_limit('shown_numerator', 'shown_denominator', 'z', 1) }} * multiplier
            else {{ byar_upper('shown_numerator', 'z') }} / shown_denominator * multiplier
        end as ci_upper
    from bounded

)

select * from intervals
