-- One row per savings scheme, or printed total, of each file of a yearly plan: every version, as received.
with plans as (

    select * from {{ source('feed', 'cres_plan') }}

),

worded as (

    select
        *,
        replace(replace(lower(trim(recurrence)), '-', ' '), '_', ' ') as recurrence_words
    from plans

),

normalised as (

    select
        replace(trim(financial_year), '-', '/') as financial_year,
        upper(trim(entity_code)) as entity_code,
        plan_version,
        lower(trim(row_type)) as row_type,
        trim(scheme_id) as scheme_id,
        trim(scheme_name) as scheme_name,
        nullif(trim(category), '') as category,
        nullif(trim(lead), '') as lead,
        nullif(trim(finance_lead), '') as finance_lead,
        case
            when recurrence_words in ('recurrent', 'rec', 'r') then 'recurrent'
            when recurrence_words in ('non recurrent', 'nonrecurrent', 'non rec', 'nr', 'n') then 'non_recurrent'
            when
                recurrence_words in ('mixed', 'm', 'part', 'part recurrent', 'part non recurrent')
                or recurrence_words like 'recurrent (part non%'
                then 'mixed'
        end as recurrence,
        nullif(trim(recurrence), '') as stated_recurrence,
        recurrent_plan,
        upper(substr(nullif(trim(cash_releasing), ''), 1, 1)) as cash_releasing,
        start_date,
        end_date,
        gross_plan,
        investment,
        net_plan,
        {% for number in range(1, 13) -%}
            plan_m{{ '%02d' % number }},
        {% endfor -%}
        full_year_effect,
        nullif(trim(claims), '') as claims,
        lower(nullif(trim(evidence_method), '')) as evidence_method,
        submission_id,
        source_row,
        period,
        received_at
    from worded

)

select * from normalised
