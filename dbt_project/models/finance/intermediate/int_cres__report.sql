-- One row per entity, reported month and savings scheme that is planned, or was in its tracker or the one before.
with schemes as (

    select * from {{ ref('cres_scheme') }}

),

tracker_vintages as (

    select * from {{ ref('int_cres__tracker_vintage') }}

),

reported_months as (

    select
        entity_code,
        financial_year,
        ledger_period,
        max(tracker_version) as tracker_version
    from tracker_vintages
    where version_age = 1
    group by entity_code, financial_year, ledger_period

),

dated_months as (

    select
        *,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        max(ledger_period) over (partition by entity_code, financial_year) = ledger_period as is_latest
    from reported_months

),

planned_years as (

    select distinct
        entity_code,
        financial_year
    from schemes

),

tracker_lines as (

    select * from tracker_vintages
    where
        version_age = 1
        and row_type = 'line'

),

-- a scheme that the plan does not know is missed for one month when it goes
expected as (

    select
        dated_months.entity_code,
        dated_months.financial_year,
        dated_months.ledger_period,
        schemes.scheme_id
    from dated_months
    inner join schemes
        on
            dated_months.entity_code = schemes.entity_code
            and dated_months.financial_year = schemes.financial_year

    union distinct

    select
        dated_months.entity_code,
        dated_months.financial_year,
        dated_months.ledger_period,
        tracker_lines.scheme_id
    from dated_months
    inner join tracker_lines
        on
            dated_months.entity_code = tracker_lines.entity_code
            and dated_months.financial_year = tracker_lines.financial_year
            and dated_months.ledger_period between tracker_lines.ledger_period and tracker_lines.ledger_period + 1

),

tracked_names as (

    select
        entity_code,
        financial_year,
        scheme_id,
        max(scheme_name) as scheme_name
    from tracker_lines
    group by entity_code, financial_year, scheme_id

),

reports as (

    select
        expected.entity_code,
        expected.financial_year,
        expected.ledger_period,
        dated_months.month,
        dated_months.is_latest,
        dated_months.tracker_version,
        expected.scheme_id,
        coalesce(schemes.scheme_name, tracked_names.scheme_name) as scheme_name,
        schemes.category,
        schemes.lead,
        schemes.finance_lead,
        schemes.recurrence,
        planned_years.entity_code is not null as has_plan,
        schemes.scheme_id is not null as is_planned,
        schemes.plan_version,
        -- what a whole plan does not hold was not planned: nothing, not something unknown
        case when planned_years.entity_code is not null then coalesce(schemes.net_plan, 0) end as plan_fy,
        case
            when schemes.scheme_id is not null then schemes.recurrent_plan
            when planned_years.entity_code is not null then cast(0 as decimal(18, 2))
        end as recurrent_plan,
        schemes.full_year_effect,
        tracker_lines.scheme_id is not null as is_reported,
        tracker_lines.forecast_fy as stated_forecast_fy,
        tracker_lines.recurrent_ytd,
        tracker_lines.rag_delivery,
        tracker_lines.mitigation,
        tracker_lines.mitigation_value,
        tracker_lines.updated_on
    from expected
    inner join dated_months
        on
            expected.entity_code = dated_months.entity_code
            and expected.financial_year = dated_months.financial_year
            and expected.ledger_period = dated_months.ledger_period
    left join planned_years
        on
            expected.entity_code = planned_years.entity_code
            and expected.financial_year = planned_years.financial_year
    left join schemes
        on
            expected.entity_code = schemes.entity_code
            and expected.financial_year = schemes.financial_year
            and expected.scheme_id = schemes.scheme_id
    left join tracker_lines
        on
            expected.entity_code = tracker_lines.entity_code
            and expected.financial_year = tracker_lines.financial_year
            and expected.ledger_period = tracker_lines.ledger_period
            and expected.scheme_id = tracker_lines.scheme_id
    left join tracked_names
        on
            expected.entity_code = tracked_names.entity_code
            and expected.financial_year = tracked_names.financial_year
            and expected.scheme_id = tracked_names.scheme_id

)

select * from reports
