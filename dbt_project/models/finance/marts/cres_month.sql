-- One row per entity, savings scheme, reported month and month of its financial year.
with reports as (

    select * from {{ ref('int_cres__report') }}

),

plan_vintages as (

    select * from {{ ref('int_cres__plan_vintage') }}

),

tracker_vintages as (

    select * from {{ ref('int_cres__tracker_vintage') }}

),

month_numbers as (

    {% for number in range(1, 13) -%}
        select {{ number }} as month_number
        {%- if not loop.last %}
            union all
        {% endif -%}
    {% endfor %}

),

plan_lines as (

    select * from plan_vintages
    where
        version_age = 1
        and row_type = 'line'

),

tracker_lines as (

    select * from tracker_vintages
    where
        version_age = 1
        and row_type = 'line'

),

months as (

    select
        reports.entity_code,
        reports.financial_year,
        reports.scheme_id,
        reports.month as reported_month,
        {{ ledger_month('reports.financial_year', 'month_numbers.month_number') }} as month,
        month_numbers.month_number as ledger_period,
        case
            when not reports.has_plan then null
            when not reports.is_planned then 0
            {% for number in range(1, 13) -%}
                when month_numbers.month_number = {{ number }} then plan_lines.plan_m{{ '%02d' % number }}
            {% endfor -%}
        end as plan,
        -- what is reported of a month to come is no actual
        case
            when month_numbers.month_number > reports.ledger_period then null
            {% for number in range(1, 13) -%}
                when month_numbers.month_number = {{ number }} then tracker_lines.actual_m{{ '%02d' % number }}
            {% endfor -%}
        end as actual,
        case month_numbers.month_number
            {% for number in range(1, 13) -%}
                when {{ number }} then tracker_lines.forecast_m{{ '%02d' % number }}
            {% endfor -%}
        end as forecast,
        reports.is_latest
    from reports
    cross join month_numbers
    left join plan_lines
        on
            reports.entity_code = plan_lines.entity_code
            and reports.financial_year = plan_lines.financial_year
            and reports.scheme_id = plan_lines.scheme_id
    left join tracker_lines
        on
            reports.entity_code = tracker_lines.entity_code
            and reports.financial_year = tracker_lines.financial_year
            and reports.ledger_period = tracker_lines.ledger_period
            and reports.scheme_id = tracker_lines.scheme_id

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(scheme_id as string) as scheme_id,
    cast(reported_month as date) as reported_month,
    cast(month as date) as month,
    cast(ledger_period as integer) as ledger_period,
    cast(plan as decimal(18, 2)) as plan,
    cast(actual as decimal(18, 2)) as actual,
    cast(forecast as decimal(18, 2)) as forecast,
    cast(is_latest as boolean) as is_latest
from months
