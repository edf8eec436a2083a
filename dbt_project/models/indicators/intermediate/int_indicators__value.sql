-- One row per indicator version, variant, view, organisation and result month: numerator, denominator and rate, where
-- the state allows one.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

org_windows as (

    select * from {{ ref('int_indicators__org_window') }}

),

window_components as (

    select * from {{ ref('int_indicators__window_component') }}

),

states as (

    select * from {{ ref('int_indicators__state') }}

),

counted_states as (

    select * from {{ ref('int_indicators__counted_state') }}

),

result_months as (

    select * from {{ ref('int_indicators__result_month') }}

),

own_practices as (

    select * from {{ ref('int_practice__membership') }}
    where org_type = 'commissioner'

),

joined as (

    select
        definitions.indicator_id,
        definitions.version,
        definitions.variant,
        definitions.is_headline,
        definitions.is_observation,
        definitions.multiplier,
        definitions.denominator_component_id,
        definitions.denominator_aggregation,
        definitions.window_months,
        org_windows.org_view,
        org_windows.org_type,
        org_windows.org_code,
        org_windows.month,
        org_windows.period_end,
        org_windows.previous_financial_year_end,
        org_windows.window_start,
        org_windows.months_open,
        org_windows.orgs_expected,
        coalesce(states.state, counted_states.state, 'ok') as state,
        case when states.state is null then counted_states.state_reason else states.state_reason end as state_reason,
        numerators.value as window_numerator,
        denominators.value as window_denominator
    from org_windows
    inner join definitions
        on
            org_windows.window_months = definitions.window_months
            and (definitions.org_level = 'practice' or org_windows.org_type = definitions.org_level)
            -- control charts are of organisations as they were
            and (not coalesce(definitions.is_observation, false) or org_windows.org_view = 'as_at')
    inner join result_months
        on
            definitions.indicator_id = result_months.indicator_id
            and definitions.version = result_months.version
            and org_windows.month = result_months.month
    left join window_components as numerators
        on
            org_windows.org_view = numerators.org_view
            and org_windows.org_type = numerators.org_type
            and org_windows.org_code = numerators.org_code
            and org_windows.month = numerators.month
            and org_windows.window_months = numerators.window_months
            and definitions.numerator_component_id = numerators.component_id
    left join window_components as denominators
        on
            org_windows.org_view = denominators.org_view
            and org_windows.org_type = denominators.org_type
            and org_windows.org_code = denominators.org_code
            and org_windows.month = denominators.month
            and org_windows.window_months = denominators.window_months
            and definitions.denominator_component_id = denominators.component_id
    left join states
        on
            definitions.indicator_id = states.indicator_id
            and definitions.version = states.version
            and definitions.variant = states.variant
            and org_windows.org_view = states.org_view
            and org_windows.org_type = states.org_type
            and org_windows.org_code = states.org_code
            and org_windows.month = states.month
    left join counted_states
        on
            definitions.indicator_id = counted_states.indicator_id
            and definitions.version = counted_states.version
            and definitions.variant = counted_states.variant
            and org_windows.org_view = counted_states.org_view
            and org_windows.org_type = counted_states.org_type
            and org_windows.org_code = counted_states.org_code
            and org_windows.month = counted_states.month
    left join own_practices
        on
            org_windows.org_view = own_practices.org_view
            and org_windows.month = own_practices.month
            and org_windows.org_code = own_practices.practice_code
    -- of a practice of another commissioner a feed of our own patients has some, and nobody knows how many
    where
        org_windows.org_type <> 'practice'
        or own_practices.practice_code is not null
        or not coalesce(definitions.covers_own_only, false)

),

-- a mean list is the mean over the months in which the organisation has one; a sum counts patient-months
aggregated as (

    select
        *,
        case when state = 'ok' then cast(window_numerator as decimal(38, 10)) end as numerator,
        case
            when state = 'ok' and denominator_aggregation = 'mean'
                then cast(cast(window_denominator as double) / nullif(months_open, 0) as decimal(38, 10))
            when state = 'ok' then cast(window_denominator as decimal(38, 10))
        end as denominator
    from joined

),

rated as (

    select
        *,
        case
            when denominator_component_id is null then cast(numerator as double)
            else cast(multiplier as double) * cast(numerator as double) / nullif(cast(denominator as double), 0)
        end as value
    from aggregated

),

final as (

    select
        indicator_id,
        version,
        variant,
        is_headline,
        is_observation,
        org_view,
        org_type,
        org_code,
        month,
        period_end,
        previous_financial_year_end,
        window_start,
        window_months,
        months_open,
        orgs_expected,
        numerator,
        denominator,
        value,
        state,
        case
            when state <> 'ok' then state_reason
            else
                nullif(
                    concat_ws(
                        '; ',
                        state_reason,
                        case
                            when months_open < window_months
                                then
                                    concat(
                                        'open ', cast(months_open as string), ' of ', cast(window_months as string),
                                        ' months'
                                    )
                        end,
                        case when denominator_component_id is not null and denominator = 0 then 'zero denominator' end
                    ), ''
                )
        end as state_reason
    from rated

)

select * from final
