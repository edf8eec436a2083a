-- One row per line of a current month-end report that looks unlikely: phased unlike the others, or forecast at its
-- budget in spite of its variance to date. Thresholds are data.
with sums as (

    select * from {{ ref('int_finance__ledger_sum') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

ledger_lines as (

    select
        *,
        cast(ytd_budget as double) / nullif(cast(annual_budget as double), 0) as phased_share
    from sums
    where
        level = 'line'
        and is_current

),

-- phasing is data: a line is held against the others of its report, not against twelfths
usual_shares as (

    select
        entity_code,
        financial_year,
        ledger_period,
        count(phased_share) as line_count,
        percentile_cont(0.5) within group (order by phased_share) as usual_share
    from ledger_lines
    group by entity_code, financial_year, ledger_period

),

unusual_phasing as (

    select
        rules.issue,
        ledger_lines.entity_code,
        ledger_lines.financial_year,
        ledger_lines.ledger_period,
        ledger_lines.month,
        ledger_lines.level_code,
        cast(ledger_lines.ytd_budget as double)
        - usual_shares.usual_share * cast(ledger_lines.annual_budget as double) as amount,
        usual_shares.usual_share as expected,
        ledger_lines.phased_share as seen,
        'share of the annual budget phased to date, against the middle line' as wording
    from ledger_lines
    inner join usual_shares
        on
            ledger_lines.entity_code = usual_shares.entity_code
            and ledger_lines.financial_year = usual_shares.financial_year
            and ledger_lines.ledger_period = usual_shares.ledger_period
    inner join rules on rules.issue = 'budget_phasing_unusual'
    where
        usual_shares.line_count >= rules.minimum_count
        and abs(ledger_lines.phased_share - usual_shares.usual_share) >= rules.threshold

),

ignored_variance as (

    select
        rules.issue,
        ledger_lines.entity_code,
        ledger_lines.financial_year,
        ledger_lines.ledger_period,
        ledger_lines.month,
        ledger_lines.level_code,
        cast(ledger_lines.ytd_variance as double) as amount,
        cast(0 as double) as expected,
        cast(ledger_lines.ytd_variance as double) / nullif(cast(ledger_lines.ytd_budget as double), 0) as seen,
        'variance to date as a share of the budget to date; the forecast is the annual budget' as wording
    from ledger_lines
    inner join rules on rules.issue = 'forecast_ignores_variance'
    where
        ledger_lines.forecast_variance = 0
        and abs(ledger_lines.ytd_variance) > rules.threshold * abs(ledger_lines.ytd_budget)

),

unlikely as (

    select * from unusual_phasing
    union all
    select * from ignored_variance

)

select * from unlikely
