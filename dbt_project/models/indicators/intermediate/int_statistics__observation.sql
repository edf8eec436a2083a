-- One row per indicator version, organisation and month with a figure of that month alone, at the rate of the
-- indicator: of a rate per year twelve times what the month brought.
with period_values as (

    select * from {{ ref('int_indicators__value') }}

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

-- what a register says stands for months, and what is published for a year shares its months with its neighbours
charted as (

    select
        definitions.*,
        components.unit = 'practices' as is_of_practices,
        case
            when definitions.is_observation and coalesce(definitions.denominator_aggregation, 'none') <> 'sum' then 12
            else 1
        end as months_a_rate
    from definitions
    inner join components on definitions.numerator_component_id = components.component_id
    where
        definitions.is_observation
        or (definitions.is_headline and definitions.window_months = 1 and definitions.period_basis = 'month')

),

observations as (

    select
        period_values.indicator_id,
        period_values.version,
        charted.direction,
        period_values.org_type,
        period_values.org_code,
        period_values.month,
        charted.months_a_rate,
        period_values.numerator,
        period_values.denominator,
        period_values.value * charted.months_a_rate as value
    from period_values
    inner join charted
        on
            period_values.indicator_id = charted.indicator_id
            and period_values.version = charted.version
            and period_values.variant = charted.variant
    where
        period_values.org_view = 'as_at'
        and period_values.state = 'ok'
        and period_values.value is not null
        -- of one practice a count of practices is yes or no
        and not (charted.is_of_practices and period_values.org_type = 'practice')

)

select * from observations
