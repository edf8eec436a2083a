-- One row per entity, year, period, vintage, level and code: sums of the lines, never of printed totals. A sum is null
-- where a line lacks the figure.
with vintages as (

    select * from {{ ref('int_finance__ledger_vintage') }}

),

register as (

    select * from {{ ref('int_practice__register') }}

),

ledger_lines as (

    select * from vintages
    where row_type = 'line'

),

levelled as (

    select
        ledger_lines.*,
        'total' as level,
        'total' as level_code,
        'Total' as level_name
    from ledger_lines

    union all

    select
        ledger_lines.*,
        'line' as level,
        line_description as level_code,
        line_description as level_name
    from ledger_lines

    union all

    select
        ledger_lines.*,
        'programme_area' as level,
        coalesce(programme_area, 'not_stated') as level_code,
        coalesce(programme_area, 'Not stated') as level_name
    from ledger_lines

    union all

    select
        ledger_lines.*,
        'cost_centre' as level,
        coalesce(cost_centre, 'not_stated') as level_code,
        coalesce(cost_centre, 'Not stated') as level_name
    from ledger_lines

    union all

    -- what is coded to no practice of the register is of no practice, so this level adds up to less than the total
    select
        ledger_lines.*,
        'practice' as level,
        register.practice_code as level_code,
        register.name as level_name
    from ledger_lines
    inner join register on ledger_lines.analysis_1 = register.practice_code

),

summed as (

    select
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        level,
        level_code,
        is_current,
        month,
        max(level_name) as level_name,
        -- of rows that all name the same one
        case
            when count(programme_area) = count(*) and count(distinct programme_area) = 1 then min(programme_area)
        end as programme_area,
        max(report_version) as report_version,
        max(received_at) as received_at,
        count(*) as row_count,
        count(distinct line_description) as line_count,
        count(*) - count(programme_area) as uncoded_area_count,
        count(*) - count(cost_centre) as uncoded_cost_centre_count,
        count(*) - count(analysis_1) as uncoded_practice_count,
        cast({{ whole_sum('ytd_budget') }} as decimal(18, 2)) as ytd_budget,
        cast({{ whole_sum('ytd_actual') }} as decimal(18, 2)) as ytd_actual,
        cast({{ whole_sum('annual_budget') }} as decimal(18, 2)) as annual_budget,
        cast({{ whole_sum('forecast_outturn') }} as decimal(18, 2)) as forecast_outturn,
        -- what the lines print of their own variance, for the checks
        cast({{ whole_sum('ytd_variance') }} as decimal(18, 2)) as lines_ytd_variance,
        cast({{ whole_sum('forecast_variance') }} as decimal(18, 2)) as lines_forecast_variance
    from levelled
    group by
        entity_code, financial_year, ledger_period, vintage, level, level_code, is_current, month

),

compared as (

    select
        *,
        ytd_actual - ytd_budget as ytd_variance,
        forecast_outturn - annual_budget as forecast_variance
    from summed

)

select * from compared
