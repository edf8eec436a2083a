-- One row per printed total of a vintage, with the level and code that it is the total of, and per line that prints
-- figures of its own. A total is of the line whose name it bears, else of its programme area, else of everything.
with vintages as (

    select * from {{ ref('int_finance__ledger_vintage') }}

),

ledger_sums as (

    select * from {{ ref('int_finance__ledger_sum') }}

),

named_levels as (

    select
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        level_code,
        -- a line and an area may bear one name: the line comes first
        min(case level when 'line' then 1 else 2 end) as preference
    from ledger_sums
    where level in ('line', 'programme_area')
    group by entity_code, financial_year, ledger_period, vintage, level_code

),

printed_totals as (

    select
        vintages.*,
        case
            when named_levels.preference = 1 then 'line'
            when named_levels.preference = 2 or vintages.programme_area is not null then 'programme_area'
            else 'total'
        end as level,
        coalesce(named_levels.level_code, vintages.programme_area, 'total') as level_code
    from vintages
    left join named_levels
        on
            vintages.entity_code = named_levels.entity_code
            and vintages.financial_year = named_levels.financial_year
            and vintages.ledger_period = named_levels.ledger_period
            and vintages.vintage = named_levels.vintage
            and vintages.line_description = named_levels.level_code
    where vintages.row_type = 'total'

),

-- a line of one row is printed as such; of a line of several rows only the sum of their variances is
printed_lines as (

    select
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        level,
        level_code,
        is_current,
        month,
        'line' as row_type,
        level_code as line_description,
        row_count,
        case when row_count = 1 then ytd_budget end as ytd_budget,
        case when row_count = 1 then ytd_actual end as ytd_actual,
        lines_ytd_variance as ytd_variance,
        case when row_count = 1 then annual_budget end as annual_budget,
        case when row_count = 1 then forecast_outturn end as forecast_outturn,
        lines_forecast_variance as forecast_variance
    from ledger_sums
    where level = 'line'

),

printed as (

    select
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        level,
        level_code,
        is_current,
        month,
        row_type,
        line_description,
        cast(1 as bigint) as row_count,
        ytd_budget,
        ytd_actual,
        ytd_variance,
        annual_budget,
        forecast_outturn,
        forecast_variance
    from printed_totals

    union all

    select * from printed_lines

),

ranked as (

    select
        *,
        -- the figure shown beside the computed one: a total before the line's own, then by label
        row_number() over (
            partition by entity_code, financial_year, ledger_period, vintage, level, level_code
            order by row_type desc, line_description asc
        ) as preference
    from printed

)

select * from ranked
