-- One row per entity, financial year, ledger period, vintage of its report, level and code: computed beside printed.
-- Variance is actual or forecast less budget: positive is overspend.
with sums as (

    select * from {{ ref('int_finance__ledger_sum') }}

),

printed as (

    select * from {{ ref('int_finance__ledger_printed') }}
    where preference = 1

),

config as (

    select * from {{ ref('int_finance__config') }}

),

current_sums as (

    select * from sums
    where is_current

),

received_periods as (

    select
        entity_code,
        financial_year,
        ledger_period,
        uncoded_area_count,
        uncoded_cost_centre_count,
        uncoded_practice_count
    from current_sums
    where level = 'total'

),

compared as (

    select
        sums.*,
        -- April to date is April; later months need the month before
        case
            when sums.ledger_period = 1 then sums.ytd_actual
            -- a code that the period before did not have began at nothing, if that period states all codes of the level
            when
                previous_sums.level_code is null
                and sums.level_code <> 'not_stated'
                and case sums.level
                    when 'programme_area' then received_periods.uncoded_area_count
                    when 'cost_centre' then received_periods.uncoded_cost_centre_count
                    when 'practice' then received_periods.uncoded_practice_count
                    when 'line' then case when received_periods.ledger_period is not null then 0 end
                end = 0
                then sums.ytd_actual
            else sums.ytd_actual - previous_sums.ytd_actual
        end as month_actual,
        previous_sums.forecast_outturn as previous_forecast_outturn,
        sums.forecast_outturn - previous_sums.forecast_outturn as forecast_change,
        sums.forecast_outturn - earlier_vintages.forecast_outturn as restatement_change
    from sums
    left join received_periods
        on
            sums.entity_code = received_periods.entity_code
            and sums.financial_year = received_periods.financial_year
            and sums.ledger_period - 1 = received_periods.ledger_period
    left join current_sums as previous_sums
        on
            sums.entity_code = previous_sums.entity_code
            and sums.financial_year = previous_sums.financial_year
            and sums.ledger_period - 1 = previous_sums.ledger_period
            and sums.level = previous_sums.level
            and sums.level_code = previous_sums.level_code
    left join sums as earlier_vintages
        on
            sums.entity_code = earlier_vintages.entity_code
            and sums.financial_year = earlier_vintages.financial_year
            and sums.ledger_period = earlier_vintages.ledger_period
            and sums.vintage - 1 = earlier_vintages.vintage
            and sums.level = earlier_vintages.level
            and sums.level_code = earlier_vintages.level_code

),

tolerated as (

    select
        compared.*,
        compared.forecast_variance
        > cast(config.value as double) * abs(compared.annual_budget) as is_over_tolerance
    from compared
    left join config
        on
            config.parameter = 'overspend_tolerance'
            and compared.month between config.valid_from and config.valid_to

),

positions as (

    select
        tolerated.*,
        printed.ytd_budget as printed_ytd_budget,
        printed.ytd_actual as printed_ytd_actual,
        printed.ytd_variance as printed_ytd_variance,
        printed.annual_budget as printed_annual_budget,
        printed.forecast_outturn as printed_forecast_outturn,
        printed.forecast_variance as printed_forecast_variance
    from tolerated
    left join printed
        on
            tolerated.entity_code = printed.entity_code
            and tolerated.financial_year = printed.financial_year
            and tolerated.ledger_period = printed.ledger_period
            and tolerated.vintage = printed.vintage
            and tolerated.level = printed.level
            and tolerated.level_code = printed.level_code

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(ledger_period as integer) as ledger_period,
    cast(vintage as integer) as vintage,
    cast(level as string) as level,
    cast(level_code as string) as level_code,
    cast(level_name as string) as level_name,
    cast(programme_area as string) as programme_area,
    cast(month as date) as month,
    cast(ledger_period = 13 as boolean) as is_adjustment,
    cast(is_current as boolean) as is_current,
    cast(ytd_budget as decimal(18, 2)) as ytd_budget,
    cast(ytd_actual as decimal(18, 2)) as ytd_actual,
    cast(ytd_variance as decimal(18, 2)) as ytd_variance,
    cast(annual_budget as decimal(18, 2)) as annual_budget,
    cast(forecast_outturn as decimal(18, 2)) as forecast_outturn,
    cast(forecast_variance as decimal(18, 2)) as forecast_variance,
    cast(printed_ytd_budget as decimal(18, 2)) as printed_ytd_budget,
    cast(printed_ytd_actual as decimal(18, 2)) as printed_ytd_actual,
    cast(printed_ytd_variance as decimal(18, 2)) as printed_ytd_variance,
    cast(printed_annual_budget as decimal(18, 2)) as printed_annual_budget,
    cast(printed_forecast_outturn as decimal(18, 2)) as printed_forecast_outturn,
    cast(printed_forecast_variance as decimal(18, 2)) as printed_forecast_variance,
    cast(month_actual as decimal(18, 2)) as month_actual,
    cast(previous_forecast_outturn as decimal(18, 2)) as previous_forecast_outturn,
    cast(forecast_change as decimal(18, 2)) as forecast_change,
    cast(restatement_change as decimal(18, 2)) as restatement_change,
    cast(is_over_tolerance as boolean) as is_over_tolerance,
    cast(row_count as integer) as row_count,
    cast(report_version as integer) as report_version,
    cast(received_at as timestamp) as received_at
from positions
