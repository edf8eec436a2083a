-- One row per entity, savings scheme and reported month: where it stands, without judgement by thresholds.
with reports as (

    select * from {{ ref('int_cres__report') }}

),

months as (

    select * from {{ ref('cres_month') }}

),

rules as (

    select * from {{ ref('int_cres__rule') }}

),

-- what is expected of a month: what it saved, else what the lead forecasts; nothing where nothing was due or reported
expectations as (

    select
        *,
        month <= reported_month as is_past,
        case
            when actual is not null then actual
            when forecast is not null then forecast
            when month <= reported_month and plan = 0 then 0
        end as expected,
        case
            when month <= reported_month and plan > 0 then cast(actual as double) / nullif(cast(plan as double), 0)
        end as past_rate
    from months

),

sums as (

    select
        entity_code,
        financial_year,
        scheme_id,
        reported_month,
        sum(case when is_past then plan end) as plan_ytd,
        sum(case when is_past then actual else 0 end) as reported_ytd,
        count(case when is_past and actual is null and plan is distinct from 0 then 1 end) as months_missing,
        sum(expected) as expected_fy,
        count(expected) as expected_months,
        sum(case when ledger_period > 9 then plan end) as plan_last_quarter,
        sum(case when ledger_period > 9 then expected end) as expected_last_quarter,
        sum(case when is_past then 0 else plan end) as plan_to_come,
        count(case when not is_past and plan > 0 then 1 end) as months_to_come,
        count(case when not is_past and plan is distinct from 0 then 1 end) as planned_months_to_come,
        count(case when is_past and plan > 0 then actual end) as rated_months,
        sum(case when is_past and plan > 0 and actual is not null then plan end) as rated_plan,
        sum(case when is_past and plan > 0 then actual end) as rated_actual,
        {{ in_order('stddev_samp', 'past_rate') }} as rate_deviation
    from expectations
    group by entity_code, financial_year, scheme_id, reported_month

),

known as (

    select
        reports.*,
        sums.plan_ytd,
        sums.months_missing,
        sums.plan_last_quarter,
        sums.plan_to_come,
        sums.months_to_come,
        sums.planned_months_to_come,
        sums.rated_months,
        sums.rated_plan,
        sums.rated_actual,
        sums.rate_deviation,
        -- a year to date without one of its months is none
        case when reports.is_reported and sums.months_missing = 0 then coalesce(sums.reported_ytd, 0) end as actual_ytd,
        case when reports.is_reported and sums.expected_months = 12 then sums.expected_fy end as monthly_forecast_fy,
        case
            when reports.is_reported and sums.expected_months = 12 then sums.expected_last_quarter
        end as forecast_last_quarter
    from reports
    inner join sums
        on
            reports.entity_code = sums.entity_code
            and reports.financial_year = sums.financial_year
            and reports.scheme_id = sums.scheme_id
            and reports.month = sums.reported_month

),

forecasts as (

    select
        *,
        -- the months are what is added up; the stated total stands in where they are not all there
        coalesce(monthly_forecast_fy, stated_forecast_fy) as forecast_fy,
        case
            when recurrence = 'recurrent' then 1
            when recurrence = 'non_recurrent' then 0
            when plan_fy <> 0 then cast(recurrent_plan as double) / cast(plan_fy as double)
        end as recurrent_share
    from known

),

-- of what was saved the tracker may state the recurrent part; the rest follows the plan
splits as (

    select
        *,
        case
            when actual_ytd is not null and recurrent_ytd is not null then forecast_fy - actual_ytd
            else forecast_fy
        end as split_by_plan,
        case when actual_ytd is not null then recurrent_ytd end as recurrent_stated
    from forecasts

),

parts as (

    select
        *,
        case
            when recurrent_share is null then recurrent_stated
            else
                coalesce(recurrent_stated, 0)
                + cast(round(recurrent_share * cast(split_by_plan as double), 2) as decimal(18, 2))
        end as recurrent_forecast,
        case when recurrent_share is null then split_by_plan else 0 end as unsplit_forecast
    from splits
    where forecast_fy is not null

),

previous as (

    select
        entity_code,
        financial_year,
        ledger_period + 1 as ledger_period,
        scheme_id,
        forecast_fy as previous_forecast_fy
    from forecasts

),

-- where nothing is to come, what was saved is what the year gives: no rate is needed, and nothing is unsure
rated as (

    select
        forecasts.*,
        rules.run_rate_months,
        rules.run_rate_sigmas,
        forecasts.ledger_period = 12
        or (forecasts.is_planned and forecasts.planned_months_to_come = 0) as is_nothing_to_come
    from forecasts
    left join rules on forecasts.month = rules.month

),

run_rates as (

    select
        entity_code,
        financial_year,
        ledger_period,
        scheme_id,
        case
            when actual_ytd is null then null
            when is_nothing_to_come then cast(actual_ytd as double)
            when rated_months >= run_rate_months
                then
                    cast(actual_ytd as double)
                    + cast(plan_to_come as double)
                    * cast(rated_actual as double)
                    / nullif(cast(rated_plan as double), 0)
        end as run_rate_fy,
        case
            when is_nothing_to_come then 0e0
            else
                cast(run_rate_sigmas as double)
                * rate_deviation
                * abs(cast(plan_to_come as double))
                * sqrt(
                    1e0 / nullif(rated_months, 0)
                    + case when months_to_come > 0 then 1e0 / months_to_come else 0e0 end
                )
        end as margin,
        case
            when actual_ytd is null then 'no saving to date is known'
            when is_nothing_to_come then null
            when run_rate_months is null then 'no rule of cres_config is in force'
            when rated_months < run_rate_months
                then
                    concat(
                        'a run rate needs ', cast(cast(run_rate_months as integer) as string),
                        ' reported months with a plan, and has ', cast(rated_months as string)
                    )
        end as run_rate_reason
    from rated

),

positions as (

    select
        forecasts.entity_code,
        forecasts.financial_year,
        forecasts.ledger_period,
        forecasts.month,
        forecasts.is_latest,
        forecasts.tracker_version,
        forecasts.plan_version,
        forecasts.scheme_id,
        forecasts.scheme_name,
        forecasts.category,
        forecasts.lead,
        forecasts.finance_lead,
        forecasts.recurrence,
        forecasts.is_planned,
        forecasts.is_reported,
        forecasts.months_missing,
        forecasts.plan_ytd,
        forecasts.actual_ytd,
        forecasts.actual_ytd - forecasts.plan_ytd as variance_ytd,
        forecasts.plan_fy,
        forecasts.forecast_fy,
        forecasts.monthly_forecast_fy,
        forecasts.stated_forecast_fy,
        forecasts.forecast_fy - forecasts.plan_fy as variance_fy,
        forecasts.rag_delivery,
        forecasts.mitigation,
        forecasts.mitigation_value,
        forecasts.ledger_period < 12 as is_mitigation_possible,
        -- what is on record makes up for a shortfall while there are months to come; it is never less than nothing
        case
            when forecasts.forecast_fy - forecasts.plan_fy is not null
                then
                    greatest(
                        forecasts.plan_fy - forecasts.forecast_fy
                        - case
                            when forecasts.ledger_period < 12 then coalesce(forecasts.mitigation_value, 0)
                            else 0
                        end,
                        cast(0 as decimal(18, 2))
                    )
        end as unmitigated_gap,
        -- planned by now, not saved, and forecast later in the year on top of what is planned there
        case
            when forecasts.actual_ytd + forecasts.plan_ytd + forecasts.forecast_fy is not null
                then
                    greatest(
                        least(
                            forecasts.plan_ytd - forecasts.actual_ytd,
                            (forecasts.forecast_fy - forecasts.actual_ytd) - (forecasts.plan_fy - forecasts.plan_ytd)
                        ),
                        cast(0 as decimal(18, 2))
                    )
        end as slippage,
        cast(round(run_rates.run_rate_fy, 2) as decimal(18, 2)) as run_rate_fy,
        cast(round(run_rates.run_rate_fy - run_rates.margin, 2) as decimal(18, 2)) as run_rate_low,
        cast(round(run_rates.run_rate_fy + run_rates.margin, 2) as decimal(18, 2)) as run_rate_high,
        run_rates.run_rate_reason,
        forecasts.plan_last_quarter,
        forecasts.forecast_last_quarter,
        forecasts.updated_on,
        coalesce(forecasts.updated_on >= forecasts.month, false) as is_updated,
        parts.recurrent_forecast,
        parts.forecast_fy - parts.unsplit_forecast - parts.recurrent_forecast as non_recurrent_forecast,
        parts.unsplit_forecast,
        -- the recurrent saving that is not delivered recurrently has to be found again in a whole year
        case
            when forecasts.recurrent_plan <= 0 then 0
            when parts.recurrent_forecast >= forecasts.recurrent_plan then 0
            else
                cast(
                    round(
                        (1 - cast(parts.recurrent_forecast as double) / cast(forecasts.recurrent_plan as double))
                        * cast(coalesce(forecasts.full_year_effect, forecasts.recurrent_plan) as double),
                        2
                    ) as decimal(18, 2)
                )
        end as next_year_gap,
        forecasts.full_year_effect,
        previous.previous_forecast_fy,
        forecasts.forecast_fy - previous.previous_forecast_fy as forecast_change
    from forecasts
    left join parts
        on
            forecasts.entity_code = parts.entity_code
            and forecasts.financial_year = parts.financial_year
            and forecasts.ledger_period = parts.ledger_period
            and forecasts.scheme_id = parts.scheme_id
    left join previous
        on
            forecasts.entity_code = previous.entity_code
            and forecasts.financial_year = previous.financial_year
            and forecasts.ledger_period = previous.ledger_period
            and forecasts.scheme_id = previous.scheme_id
    left join run_rates
        on
            forecasts.entity_code = run_rates.entity_code
            and forecasts.financial_year = run_rates.financial_year
            and forecasts.ledger_period = run_rates.ledger_period
            and forecasts.scheme_id = run_rates.scheme_id

)

select * from positions
