-- One row per entity, financial year and month (vintage): the prescribing forecast from actual cost to date and the
-- profile of the year, beside the forecast of the ledger. Variance is forecast less annual budget: positive is
-- overspend.
with vintages as (

    select * from {{ ref('int_finance__prescribing_vintage') }}

),

positions as (

    select * from {{ ref('finance_position') }}

),

config as (

    select * from {{ ref('int_finance__config') }}

),

prescribing_positions as (

    select
        positions.entity_code,
        positions.financial_year,
        positions.ledger_period,
        positions.annual_budget,
        positions.forecast_outturn,
        positions.forecast_variance,
        restated.forecast_variance as restated_from_variance
    from positions
    inner join config
        on
            config.parameter = 'prescribing_programme_area'
            and positions.month between config.valid_from and config.valid_to
            and positions.level_code = config.value
    -- the version before of the same report
    left join positions as restated
        on
            positions.entity_code = restated.entity_code
            and positions.financial_year = restated.financial_year
            and positions.ledger_period = restated.ledger_period
            and positions.level = restated.level
            and positions.level_code = restated.level_code
            and positions.vintage - 1 = restated.vintage
    where
        {{ is_own('positions.entity_code') }}
        and positions.level = 'programme_area'
        and positions.is_current

),

-- the budget in force at a vintage is that of the newest report up to it; period 13 is after the last vintage
budgets as (

    select
        vintages.entity_code,
        vintages.month,
        prescribing_positions.annual_budget,
        prescribing_positions.ledger_period as budget_period,
        row_number() over (
            partition by vintages.entity_code, vintages.month order by prescribing_positions.ledger_period desc
        ) as recency
    from vintages
    inner join prescribing_positions
        on
            vintages.entity_code = prescribing_positions.entity_code
            and vintages.financial_year = prescribing_positions.financial_year
            and vintages.ledger_period >= prescribing_positions.ledger_period

),

forecasts as (

    select
        vintages.*,
        budgets.annual_budget,
        prescribing_positions.forecast_outturn as ledger_forecast,
        prescribing_positions.forecast_variance as ledger_variance,
        prescribing_positions.restated_from_variance,
        cast(
            round(
                cast(vintages.actual_to_date as double) / nullif(cast(vintages.profile_share as double), 0), 2
            ) as decimal(18, 2)
        ) as forecast
    from vintages
    left join budgets
        on
            vintages.entity_code = budgets.entity_code
            and vintages.month = budgets.month
            and budgets.recency = 1
    left join prescribing_positions
        on
            vintages.entity_code = prescribing_positions.entity_code
            and vintages.financial_year = prescribing_positions.financial_year
            and vintages.ledger_period = prescribing_positions.ledger_period

),

compared as (

    select
        *,
        forecast - annual_budget as variance
    from forecasts

),

-- the vintage before is the last one of the year that has the figure
computed_changes as (

    select
        entity_code,
        month,
        lag(month) over (partition by entity_code, financial_year order by month) as previous_month,
        lag(variance) over (partition by entity_code, financial_year order by month) as previous_variance
    from compared
    where variance is not null

),

ledger_changes as (

    select
        entity_code,
        month,
        lag(month) over (partition by entity_code, financial_year order by month) as previous_ledger_month,
        lag(ledger_variance) over (
            partition by entity_code, financial_year order by month
        ) as previous_ledger_variance
    from compared
    where ledger_variance is not null

),

moved as (

    select
        compared.*,
        computed_changes.previous_month,
        computed_changes.previous_variance,
        compared.variance - computed_changes.previous_variance as variance_change,
        ledger_changes.previous_ledger_month,
        ledger_changes.previous_ledger_variance,
        compared.ledger_variance - ledger_changes.previous_ledger_variance as ledger_variance_change,
        cast(alert_amounts.value as decimal(18, 2)) as alert_amount,
        cast(cost_breaks.value as date) as cost_break
    from compared
    left join computed_changes
        on
            compared.entity_code = computed_changes.entity_code
            and compared.month = computed_changes.month
    left join ledger_changes
        on
            compared.entity_code = ledger_changes.entity_code
            and compared.month = ledger_changes.month
    left join config as alert_amounts
        on
            alert_amounts.parameter = 'forecast_alert_amount'
            and compared.month between alert_amounts.valid_from and alert_amounts.valid_to
    left join config as cost_breaks
        on
            cost_breaks.parameter = 'actual_cost_break'
            and compared.month between cost_breaks.valid_from and cost_breaks.valid_to

),

described as (

    select
        *,
        -- a product of two amounts would be wider than a decimal of the ledger
        sign(variance) * sign(previous_variance) < 0 as has_changed_sign,
        abs(variance_change) > alert_amount as has_moved,
        sign(ledger_variance) * sign(previous_ledger_variance) < 0 as has_ledger_changed_sign,
        abs(ledger_variance_change) > alert_amount as has_ledger_moved,
        sign(ledger_variance) * sign(restated_from_variance) < 0 as has_restatement_changed_sign,
        abs(ledger_variance - restated_from_variance) > alert_amount as has_restatement_moved,
        -- the month after the vintage is the one in which it is reported
        cast(received_at as date) > last_day({{ month_plus('month', 1) }}) as is_restated,
        -- the first year of the new way to calculate actual cost: its budget was set in the old one
        substr(financial_year, 1, 4) = cast(
            extract(year from cost_break) - case when extract(month from cost_break) < 4 then 1 else 0 end as string
        ) as has_cost_break
    from moved

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(month as date) as month,
    cast(case when state <> 'not_started' then data_to end as date) as data_to,
    cast(lag_months as integer) as lag_months,
    cast(actual_to_date as decimal(18, 2)) as actual_to_date,
    cast(profile_share as decimal(18, 5)) as profile_share,
    cast(forecast as decimal(18, 2)) as forecast,
    cast(annual_budget as decimal(18, 2)) as annual_budget,
    cast(variance as decimal(18, 2)) as variance,
    cast(previous_month as date) as previous_month,
    cast(previous_variance as decimal(18, 2)) as previous_variance,
    cast(variance_change as decimal(18, 2)) as variance_change,
    cast(has_changed_sign as boolean) as has_changed_sign,
    cast(has_moved as boolean) as has_moved,
    cast(ledger_forecast as decimal(18, 2)) as ledger_forecast,
    cast(ledger_variance as decimal(18, 2)) as ledger_variance,
    cast(previous_ledger_month as date) as previous_ledger_month,
    cast(previous_ledger_variance as decimal(18, 2)) as previous_ledger_variance,
    cast(ledger_variance_change as decimal(18, 2)) as ledger_variance_change,
    cast(has_ledger_changed_sign as boolean) as has_ledger_changed_sign,
    cast(has_ledger_moved as boolean) as has_ledger_moved,
    cast(restated_from_variance as decimal(18, 2)) as restated_from_variance,
    cast(has_restatement_changed_sign as boolean) as has_restatement_changed_sign,
    cast(has_restatement_moved as boolean) as has_restatement_moved,
    cast(is_restated as boolean) as is_restated,
    cast(has_cost_break as boolean) as has_cost_break,
    cast(
        case
            when has_cost_break
                then concat(
                    'Actual cost from ', substr(cast(cost_break as string), 1, 7),
                    ' is calculated with another discount method: not comparable with the year before'
                )
        end as string
    ) as cost_note,
    cast(state as string) as state,
    cast(
        case state
            when 'not_started' then 'No month of the year is due yet'
            when 'awaiting'
                then concat(
                    cast(due_months - known_count as string), ' of the ', cast(due_months as string),
                    ' months to ', substr(cast(data_to as string), 1, 7), ' not received',
                    case
                        when withheld_count > 0
                            then concat(' or not to be trusted: a gate withholds ', cast(withheld_count as string))
                        else ''
                    end
                )
        end as string
    ) as state_reason
from described
