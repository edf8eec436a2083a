-- One row per indicator version, organisation and month with a figure of that month alone, at the rate of the
-- indicator: of a rate per year twelve times what the month brought.
with period_values as (

    select * from {{ ref('int_indicators__value') }}

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

charted as (

    select
        *,
        case
            when is_observation and coalesce(denominator_aggregation, 'none') <> 'sum' then 12
            else 1
        end as months_a_rate
    from definitions
    where is_observation or (is_headline and window_months = 1 and every_months = 1)

),

observations as (

    select
        period_values.indicator_id,
        period_values.version,
        charted.direction,
        period_values.org_type,
        period_values.org_code,
        period_values.month,
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

)

select * from observations
