-- Fails where lines, cost centres or programme areas of a report do not add to its total: a row was lost or doubled.
with positions as (

    select * from {{ ref('finance_position') }}

),

totals as (

    select * from positions
    where level = 'total'

),

level_sums as (

    select
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        level,
        {{ whole_sum('ytd_budget') }} as ytd_budget,
        {{ whole_sum('ytd_actual') }} as ytd_actual,
        {{ whole_sum('annual_budget') }} as annual_budget,
        {{ whole_sum('forecast_outturn') }} as forecast_outturn
    from positions
    where level in ('line', 'cost_centre', 'programme_area')
    group by entity_code, financial_year, ledger_period, vintage, level

)

select level_sums.*
from totals
left join level_sums
    on
        totals.entity_code = level_sums.entity_code
        and totals.financial_year = level_sums.financial_year
        and totals.ledger_period = level_sums.ledger_period
        and totals.vintage = level_sums.vintage
where
    totals.ytd_budget is distinct from level_sums.ytd_budget
    or totals.ytd_actual is distinct from level_sums.ytd_actual
    or totals.annual_budget is distinct from level_sums.annual_budget
    or totals.forecast_outturn is distinct from level_sums.forecast_outturn
