-- One row per figure that a vintage of a month-end report prints and that can be computed from its lines: totals, and
-- the variances of lines.
with printed as (

    select * from {{ ref('int_finance__ledger_printed') }}

),

sums as (

    select * from {{ ref('int_finance__ledger_sum') }}

),

measures as (

    select
        measure_values.measure,
        measure_values.kind
    from (
        values
        ('ytd_budget', 'total'),
        ('ytd_actual', 'total'),
        ('ytd_variance', 'variance'),
        ('annual_budget', 'total'),
        ('forecast_outturn', 'total'),
        ('forecast_variance', 'variance')
    ) as measure_values (measure, kind)

),

compared as (

    select
        printed.entity_code,
        printed.financial_year,
        printed.ledger_period,
        printed.vintage,
        printed.is_current,
        printed.month,
        printed.level,
        printed.level_code,
        printed.row_type,
        printed.line_description,
        measures.kind,
        measures.measure,
        case measures.measure
            when 'ytd_budget' then printed.ytd_budget
            when 'ytd_actual' then printed.ytd_actual
            when 'ytd_variance' then printed.ytd_variance
            when 'annual_budget' then printed.annual_budget
            when 'forecast_outturn' then printed.forecast_outturn
            when 'forecast_variance' then printed.forecast_variance
        end as printed,
        case measures.measure
            when 'ytd_budget' then sums.ytd_budget
            when 'ytd_actual' then sums.ytd_actual
            when 'ytd_variance' then sums.ytd_variance
            when 'annual_budget' then sums.annual_budget
            when 'forecast_outturn' then sums.forecast_outturn
            when 'forecast_variance' then sums.forecast_variance
        end as computed,
        -- GBP 1 a line; a line that prints its variance row by row rounds every row
        case printed.row_type when 'line' then printed.row_count else coalesce(sums.line_count, 1) end as tolerance
    from printed
    cross join measures
    left join sums
        on
            printed.entity_code = sums.entity_code
            and printed.financial_year = sums.financial_year
            and printed.ledger_period = sums.ledger_period
            and printed.vintage = sums.vintage
            and printed.level = sums.level
            and printed.level_code = sums.level_code
    where
        printed.row_type = 'total'
        or measures.kind = 'variance'

),

identified as (

    select
        *,
        concat_ws(
            '|', 'ledger', entity_code, financial_year, lpad(cast(ledger_period as string), 2, '0'),
            cast(vintage as string), row_type, line_description, measure
        ) as check_id
    from compared
    where printed is not null

)

select * from identified
