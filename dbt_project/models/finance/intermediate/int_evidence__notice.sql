-- One row per savings scheme with months that the feeds contradict: what its lead is told, once. The key has no
-- amounts, and no month: a month more is the same matter.
with judged as (

    select * from {{ ref('int_evidence__judged') }}

),

trackers as (

    select * from {{ ref('stg_finance__cres_tracker') }}

),

-- what the newest report says of mitigation
ranked_reports as (

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

reports as (

    select
        entity_code,
        financial_year,
        scheme_id,
        mitigation,
        row_number() over (
            partition by entity_code, financial_year, scheme_id order by ledger_period desc
        ) as report_age
    from ranked_reports
    where
        version_age = 1
        and receipt_age = 1
        and row_type = 'line'

),

contradicted as (

    select
        entity_code,
        financial_year,
        scheme_id,
        scheme_name,
        lead,
        method,
        max(reported_month) as reported_month,
        min(month) as first_month,
        count(*) as month_count,
        sum(claimed) as claimed,
        sum(shown_difference) as amount,
        count(*) = count(shown_difference) as is_shown
    from judged
    where state = 'contradicted'
    group by entity_code, financial_year, scheme_id, scheme_name, lead, method

),

final as (

    select
        concat_ws(
            '|', 'cres_saving_contradicted', contradicted.entity_code, contradicted.financial_year,
            contradicted.scheme_id
        ) as notice_key,
        coalesce(contradicted.lead, 'finance') as owner,
        'cres_saving_contradicted' as kind,
        concat_ws(' ', contradicted.scheme_id, contradicted.scheme_name) as subject,
        contradicted.reported_month as month,
        cast(case when contradicted.is_shown then contradicted.amount end as decimal(18, 2)) as amount,
        concat(
            contradicted.scheme_name, ' (', contradicted.scheme_id, ', ', contradicted.entity_code, ' ',
            contradicted.financial_year, '): ', cast(contradicted.month_count as string),
            case when contradicted.month_count = 1 then ' month' else ' months' end, ' since ',
            left(cast(contradicted.first_month as string), 7), ' for which the tracker claims ',
            {{ money_text('contradicted.claimed') }}, ' and the feeds do not show it by the method ',
            contradicted.method,
            case
                when contradicted.is_shown
                    then concat(': the claim is above them by ', {{ money_text('contradicted.amount') }}, '.')
                else '; by how much is not shown, because few patients are behind it.'
            end,
            ' Mitigation on record: ', coalesce(reports.mitigation, 'none'),
            '. Look the months up in cres_evidence; correct the tracker, or say what the feeds miss.'
        ) as message
    from contradicted
    left join reports
        on
            contradicted.entity_code = reports.entity_code
            and contradicted.financial_year = reports.financial_year
            and contradicted.scheme_id = reports.scheme_id
            and reports.report_age = 1

)

select * from final
