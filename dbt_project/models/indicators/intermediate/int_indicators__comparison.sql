-- One row per indicator version, variant, view, organisation and result month: the figure beside its baseline and its
-- previous figure. Of a practice that was open for a part of either one's months there is no trend: months filled.
with period_values as (

    select * from {{ ref('int_indicators__value') }}
    where not coalesce(is_observation, false)

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

with_previous_end as (

    select
        *,
        max(case when state = 'ok' then period_end end) over (
            partition by indicator_id, version, variant, org_view, org_type, org_code
            order by period_end
            rows between unbounded preceding and 1 preceding
        ) as previous_period_end
    from period_values

),

compared as (

    select
        with_previous_end.*,
        definitions.direction,
        previous_values.value as previous_value,
        case
            when definitions.baseline_rule = 'previous_financial_year' then baseline_values.value
        end as baseline_value,
        not coalesce(
            with_previous_end.months_open < with_previous_end.window_months
            or previous_values.months_open < previous_values.window_months, false
        ) as are_whole,
        -- figures as displayed, counted in units of the last decimal shown
        round(with_previous_end.value * power(10, definitions.decimals)) as displayed_value,
        round(previous_values.value * power(10, definitions.decimals)) as displayed_previous_value
    from with_previous_end
    inner join definitions
        on
            with_previous_end.indicator_id = definitions.indicator_id
            and with_previous_end.version = definitions.version
            and with_previous_end.variant = definitions.variant
    left join period_values as previous_values
        on
            with_previous_end.indicator_id = previous_values.indicator_id
            and with_previous_end.version = previous_values.version
            and with_previous_end.variant = previous_values.variant
            and with_previous_end.org_view = previous_values.org_view
            and with_previous_end.org_type = previous_values.org_type
            and with_previous_end.org_code = previous_values.org_code
            and with_previous_end.previous_period_end = previous_values.period_end
    left join period_values as baseline_values
        on
            with_previous_end.indicator_id = baseline_values.indicator_id
            and with_previous_end.version = baseline_values.version
            and with_previous_end.variant = baseline_values.variant
            and with_previous_end.org_view = baseline_values.org_view
            and with_previous_end.org_type = baseline_values.org_type
            and with_previous_end.org_code = baseline_values.org_code
            and with_previous_end.previous_financial_year_end = baseline_values.period_end
            and baseline_values.state = 'ok'

),

arrows as (

    select
        *,
        case
            when not are_whole then null
            when displayed_value > displayed_previous_value then 'up'
            when displayed_value < displayed_previous_value then 'down'
            when displayed_value = displayed_previous_value then 'level'
        end as trend
    from compared

),

final as (

    select
        indicator_id,
        version,
        variant,
        is_headline,
        org_view,
        org_type,
        org_code,
        month,
        period_end,
        window_start,
        window_months,
        months_open,
        orgs_expected,
        numerator,
        denominator,
        value,
        state,
        state_reason,
        baseline_value,
        previous_value,
        trend,
        case
            when trend = 'level' then 'level'
            when trend is not null and direction = 'neutral' then 'neutral'
            when trend = direction then 'improving'
            when trend is not null and direction in ('up', 'down') then 'worsening'
        end as trend_meaning
    from arrows

)

select * from final
