-- One row per entity, financial year, savings scheme and month up to its newest report: what the tracker says was
-- saved.
with trackers as (

    select * from {{ ref('stg_finance__cres_tracker') }}

),

schemes as (

    select * from {{ ref('int_evidence__scheme') }}

),

ranked as (

    select
        *,
        {{ version_age(['entity_code', 'financial_year', 'ledger_period'], 'tracker_version') }} as version_age,
        {{
            receipt_age(
                ['entity_code', 'financial_year', 'ledger_period'], 'tracker_version', ['row_type', 'scheme_id']
            )
        }} as receipt_age
    from trackers

),

-- of each scheme the newest month of report that has it
newest as (

    select
        *,
        row_number() over (
            partition by entity_code, financial_year, scheme_id order by ledger_period desc
        ) as report_age
    from ranked
    where
        version_age = 1
        and receipt_age = 1
        and row_type = 'line'

),

month_numbers as (

    select numbers.month_number
    from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) as numbers (month_number)

),

final as (

    select
        newest.entity_code,
        newest.financial_year,
        newest.scheme_id,
        {{ ledger_month('newest.financial_year', 'month_numbers.month_number') }} as month,
        {{ ledger_month('newest.financial_year', 'newest.ledger_period') }} as reported_month,
        coalesce(schemes.scheme_name, newest.scheme_name) as scheme_name,
        schemes.lead,
        coalesce(schemes.evidence_method, 'none') as evidence_method,
        cast(
            case month_numbers.month_number
                {% for number in range(1, 13) -%}
                    when {{ number }} then newest.actual_m{{ '%02d' % number }}
                {% endfor -%}
            end as decimal(18, 2)
        ) as claimed
    from newest
    inner join month_numbers on newest.ledger_period >= month_numbers.month_number
    left join schemes
        on
            newest.entity_code = schemes.entity_code
            and newest.financial_year = schemes.financial_year
            and newest.scheme_id = schemes.scheme_id
    where newest.report_age = 1

)

select * from final
