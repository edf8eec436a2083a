-- One row per figure of a budget report of a period of which the ledger extract came too: the sum of its lines, beside
-- the sum of the same lines in the extract that counts.
with vintages as (

    select * from {{ ref('int_finance__ledger_vintage') }}

),

ledger_lines as (

    select
        *,
        max(case when is_summary then vintage end) over (
            partition by entity_code, financial_year, ledger_period
        ) as newest_summary
    from vintages
    where row_type = 'line'

),

extract_lines as (

    select * from ledger_lines
    where
        is_current
        and not is_summary

),

summary_lines as (

    select * from ledger_lines
    where
        is_summary
        and not is_current
        and vintage = newest_summary

),

summaries as (

    select
        entity_code,
        financial_year,
        ledger_period,
        vintage,
        count(distinct line_description) as line_count,
        {{ whole_sum('ytd_budget') }} as ytd_budget,
        {{ whole_sum('ytd_actual') }} as ytd_actual,
        {{ whole_sum('annual_budget') }} as annual_budget,
        {{ whole_sum('forecast_outturn') }} as forecast_outturn
    from summary_lines
    group by entity_code, financial_year, ledger_period, vintage

),

-- a report may be of some programme areas alone
same_lines as (

    select extract_lines.*
    from extract_lines
    where exists (
        select 1
        from summary_lines
        where
            summary_lines.entity_code = extract_lines.entity_code
            and summary_lines.financial_year = extract_lines.financial_year
            and summary_lines.ledger_period = extract_lines.ledger_period
            and summary_lines.line_description = extract_lines.line_description
    )

),

extracts as (

    select
        entity_code,
        financial_year,
        ledger_period,
        {{ whole_sum('ytd_budget') }} as ytd_budget,
        {{ whole_sum('ytd_actual') }} as ytd_actual,
        {{ whole_sum('annual_budget') }} as annual_budget,
        {{ whole_sum('forecast_outturn') }} as forecast_outturn
    from same_lines
    group by entity_code, financial_year, ledger_period

),

measures as (

    select measure_values.measure
    from (values ('ytd_budget'), ('ytd_actual'), ('annual_budget'), ('forecast_outturn')) as measure_values (measure)

),

compared as (

    select
        concat_ws(
            '|', 'ledger', summaries.entity_code, summaries.financial_year,
            lpad(cast(summaries.ledger_period as string), 2, '0'), cast(summaries.vintage as string), 'summary',
            measures.measure
        ) as check_id,
        summaries.entity_code,
        summaries.financial_year,
        summaries.ledger_period,
        summaries.vintage,
        measures.measure,
        case measures.measure
            when 'ytd_budget' then summaries.ytd_budget
            when 'ytd_actual' then summaries.ytd_actual
            when 'annual_budget' then summaries.annual_budget
            when 'forecast_outturn' then summaries.forecast_outturn
        end as printed,
        case measures.measure
            when 'ytd_budget' then extracts.ytd_budget
            when 'ytd_actual' then extracts.ytd_actual
            when 'annual_budget' then extracts.annual_budget
            when 'forecast_outturn' then extracts.forecast_outturn
        end as computed,
        -- GBP 1 a line
        summaries.line_count as tolerance
    from summaries
    cross join measures
    left join extracts
        on
            summaries.entity_code = extracts.entity_code
            and summaries.financial_year = extracts.financial_year
            and summaries.ledger_period = extracts.ledger_period

),

printed_figures as (

    select * from compared
    where printed is not null

)

select * from printed_figures
