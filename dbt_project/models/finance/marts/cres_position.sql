-- One row per entity, financial year, savings scheme (or total, the sum of its schemes) and reported month.
with schemes as (

    select * from {{ ref('int_cres__scheme_position') }}

),

rules as (

    select * from {{ ref('int_cres__rule') }}

),

scheme_rows as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        ledger_period,
        scheme_name,
        category,
        lead,
        finance_lead,
        recurrence,
        1 as schemes_expected,
        case when is_reported then 1 else 0 end as schemes_reported,
        case when is_updated then 1 else 0 end as schemes_updated,
        actual_ytd is not null and forecast_fy is not null as is_complete,
        plan_ytd,
        case when actual_ytd is not null then plan_ytd end as plan_ytd_reported,
        actual_ytd,
        variance_ytd,
        plan_fy,
        case when forecast_fy is not null then plan_fy end as plan_fy_reported,
        forecast_fy,
        stated_forecast_fy,
        variance_fy,
        rag_delivery,
        unmitigated_gap,
        is_mitigation_possible,
        mitigation,
        mitigation_value,
        slippage,
        run_rate_fy,
        run_rate_low,
        run_rate_high,
        case when run_rate_fy is not null then 1 else 0 end as run_rate_schemes,
        case when run_rate_fy is not null then plan_fy end as run_rate_plan_fy,
        run_rate_reason,
        plan_last_quarter,
        monthly_forecast_fy,
        forecast_last_quarter,
        is_updated,
        updated_on,
        recurrent_forecast,
        non_recurrent_forecast,
        unsplit_forecast,
        next_year_gap,
        case when next_year_gap is not null then 1 else 0 end as next_year_gap_schemes,
        full_year_effect,
        previous_forecast_fy,
        forecast_change,
        case when forecast_change is not null then 1 else 0 end as forecast_change_schemes,
        plan_version,
        tracker_version,
        is_latest
    from schemes

),

totals as (

    select
        entity_code,
        financial_year,
        'total' as scheme_id,
        month,
        ledger_period,
        'Total of the schemes' as scheme_name,
        cast(null as string) as category,
        cast(null as string) as lead,
        cast(null as string) as finance_lead,
        cast(null as string) as recurrence,
        sum(schemes_expected) as schemes_expected,
        sum(schemes_reported) as schemes_reported,
        sum(schemes_updated) as schemes_updated,
        min(case when is_complete then 1 else 0 end) = 1 as is_complete,
        sum(plan_ytd) as plan_ytd,
        sum(plan_ytd_reported) as plan_ytd_reported,
        sum(actual_ytd) as actual_ytd,
        sum(variance_ytd) as variance_ytd,
        sum(plan_fy) as plan_fy,
        sum(plan_fy_reported) as plan_fy_reported,
        sum(forecast_fy) as forecast_fy,
        sum(stated_forecast_fy) as stated_forecast_fy,
        sum(variance_fy) as variance_fy,
        cast(null as string) as rag_delivery,
        sum(unmitigated_gap) as unmitigated_gap,
        min(case when is_mitigation_possible then 1 else 0 end) = 1 as is_mitigation_possible,
        cast(null as string) as mitigation,
        sum(mitigation_value) as mitigation_value,
        sum(slippage) as slippage,
        -- of the schemes that have one: how many, of which plan, and why not of the others stands beside it
        sum(run_rate_fy) as run_rate_fy,
        sum(run_rate_low) as run_rate_low,
        sum(run_rate_high) as run_rate_high,
        sum(run_rate_schemes) as run_rate_schemes,
        sum(run_rate_plan_fy) as run_rate_plan_fy,
        case
            when count(run_rate_fy) < count(*)
                then
                    concat(
                        cast(count(*) - count(run_rate_fy) as string), ' of ', cast(count(*) as string),
                        ' schemes have no run rate: ',
                        cast(count(case when run_rate_fy is null and actual_ytd is null then 1 end) as string),
                        ' without a saving to date, ',
                        cast(count(case when run_rate_fy is null and actual_ytd is not null then 1 end) as string),
                        ' with too few reported months that have a plan'
                    )
        end as run_rate_reason,
        sum(plan_last_quarter) as plan_last_quarter,
        sum(monthly_forecast_fy) as monthly_forecast_fy,
        sum(forecast_last_quarter) as forecast_last_quarter,
        min(case when is_updated then 1 else 0 end) = 1 as is_updated,
        min(updated_on) as updated_on,
        sum(recurrent_forecast) as recurrent_forecast,
        sum(non_recurrent_forecast) as non_recurrent_forecast,
        sum(unsplit_forecast) as unsplit_forecast,
        sum(next_year_gap) as next_year_gap,
        sum(next_year_gap_schemes) as next_year_gap_schemes,
        sum(full_year_effect) as full_year_effect,
        sum(previous_forecast_fy) as previous_forecast_fy,
        sum(forecast_change) as forecast_change,
        sum(forecast_change_schemes) as forecast_change_schemes,
        max(plan_version) as plan_version,
        max(tracker_version) as tracker_version,
        is_latest
    from scheme_rows
    group by entity_code, financial_year, month, ledger_period, is_latest

),

positions as (

    select * from scheme_rows
    union all
    select * from totals

),

judged as (

    select
        positions.*,
        case
            when positions.plan_ytd_reported <= 0 then null
            when positions.actual_ytd >= rules.rag_green_from * positions.plan_ytd_reported then 'green'
            when positions.actual_ytd >= rules.rag_amber_from * positions.plan_ytd_reported then 'amber'
            when positions.actual_ytd < rules.rag_amber_from * positions.plan_ytd_reported then 'red'
        end as rag_finance,
        case
            when positions.plan_fy > 0 then positions.plan_last_quarter > rules.hockey_stick_share * positions.plan_fy
        end as is_plan_late,
        case
            when positions.monthly_forecast_fy > 0
                then positions.forecast_last_quarter > rules.hockey_stick_share * positions.monthly_forecast_fy
        end as is_forecast_late
    from positions
    left join rules on positions.month = rules.month

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(scheme_id as string) as scheme_id,
    cast(month as date) as month,
    cast(ledger_period as integer) as ledger_period,
    cast(is_latest as boolean) as is_latest,
    cast(scheme_name as string) as scheme_name,
    cast(category as string) as category,
    cast(lead as string) as lead,
    cast(finance_lead as string) as finance_lead,
    cast(recurrence as string) as recurrence,
    cast(schemes_expected as integer) as schemes_expected,
    cast(schemes_reported as integer) as schemes_reported,
    cast(schemes_updated as integer) as schemes_updated,
    cast(is_complete as boolean) as is_complete,
    cast(plan_ytd as decimal(18, 2)) as plan_ytd,
    cast(plan_ytd_reported as decimal(18, 2)) as plan_ytd_reported,
    cast(actual_ytd as decimal(18, 2)) as actual_ytd,
    cast(variance_ytd as decimal(18, 2)) as variance_ytd,
    cast(plan_fy as decimal(18, 2)) as plan_fy,
    cast(plan_fy_reported as decimal(18, 2)) as plan_fy_reported,
    cast(forecast_fy as decimal(18, 2)) as forecast_fy,
    cast(stated_forecast_fy as decimal(18, 2)) as stated_forecast_fy,
    cast(variance_fy as decimal(18, 2)) as variance_fy,
    cast(rag_finance as string) as rag_finance,
    cast(rag_delivery as string) as rag_delivery,
    cast(unmitigated_gap as decimal(18, 2)) as unmitigated_gap,
    cast(is_mitigation_possible as boolean) as is_mitigation_possible,
    cast(mitigation as string) as mitigation,
    cast(mitigation_value as decimal(18, 2)) as mitigation_value,
    cast(slippage as decimal(18, 2)) as slippage,
    cast(run_rate_fy as decimal(18, 2)) as run_rate_fy,
    cast(run_rate_low as decimal(18, 2)) as run_rate_low,
    cast(run_rate_high as decimal(18, 2)) as run_rate_high,
    cast(run_rate_schemes as integer) as run_rate_schemes,
    cast(run_rate_plan_fy as decimal(18, 2)) as run_rate_plan_fy,
    cast(run_rate_reason as string) as run_rate_reason,
    cast(plan_last_quarter as decimal(18, 2)) as plan_last_quarter,
    cast(forecast_last_quarter as decimal(18, 2)) as forecast_last_quarter,
    cast(
        case
            when is_plan_late or is_forecast_late then true
            when coalesce(is_plan_late, is_forecast_late) is not null then false
        end as boolean
    ) as is_hockey_stick,
    cast(is_updated as boolean) as is_updated,
    cast(updated_on as date) as updated_on,
    cast(recurrent_forecast as decimal(18, 2)) as recurrent_forecast,
    cast(non_recurrent_forecast as decimal(18, 2)) as non_recurrent_forecast,
    cast(unsplit_forecast as decimal(18, 2)) as unsplit_forecast,
    cast(next_year_gap as decimal(18, 2)) as next_year_gap,
    cast(next_year_gap_schemes as integer) as next_year_gap_schemes,
    cast(full_year_effect as decimal(18, 2)) as full_year_effect,
    cast(previous_forecast_fy as decimal(18, 2)) as previous_forecast_fy,
    cast(forecast_change as decimal(18, 2)) as forecast_change,
    cast(forecast_change_schemes as integer) as forecast_change_schemes,
    cast(plan_version as bigint) as plan_version,
    cast(tracker_version as bigint) as tracker_version
from judged
