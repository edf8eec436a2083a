-- One row per question that the savings plan in force and the newest tracker of each month raise.
with plan_vintages as (

    select * from {{ ref('int_cres__plan_vintage') }}

),

tracker_vintages as (

    select * from {{ ref('int_cres__tracker_vintage') }}

),

printed_totals as (

    select * from {{ ref('int_cres__printed_total') }}

),

positions as (

    select * from {{ ref('int_cres__scheme_position') }}

),

claims as (

    select * from {{ ref('int_cres__claim') }}

),

overlap_rows as (

    select * from {{ ref('cres_overlap') }}

),

plans as (

    select
        *,
        concat_ws('|', entity_code, financial_year, scheme_id) as subject,
        {% for number in range(1, 13) -%}
            plan_m{{ '%02d' % number }}
            {%- if not loop.last %}
                + {% endif -%}
        {% endfor %} as phased_plan
    from plan_vintages
    where
        version_age = 1
        and row_type = 'line'

),

tracker_lines as (

    select
        *,
        concat_ws('|', entity_code, financial_year, scheme_id) as subject,
        {{ ledger_month('financial_year', 'ledger_period') }} as month,
        coalesce(
            {% for number in range(1, 13) -%}
                case when ledger_period < {{ number }} then actual_m{{ '%02d' % number }} end
                {%- if not loop.last %},
                {% endif -%}
            {% endfor %}
        ) is not null as is_ahead
    from tracker_vintages
    where
        version_age = 1
        and row_type = 'line'

),

scheme_positions as (

    select
        *,
        concat_ws('|', entity_code, financial_year, scheme_id) as subject
    from positions

),

differing_totals as (

    select
        *,
        printed - coalesce(computed, 0) as difference,
        -- the amount asked about: the column that is furthest off
        row_number() over (
            partition by feed, entity_code, financial_year, ledger_period, label
            order by abs(printed - coalesce(computed, 0)) desc, measure desc
        ) as place,
        concat(
            measure, ' ', {{ money_text('printed') }}, ', where ', cast(summands as string), ' schemes sum to ',
            {{ money_text('coalesce(computed, 0)') }}
        ) as wording
    from printed_totals
    where printed is distinct from computed

),

-- one question of a printed row, with all of its columns that are off
total_differs as (

    select
        'cres_total_differs' as issue,
        feed,
        month,
        concat_ws('|', entity_code, financial_year, label) as subject,
        max(case when place = 1 then difference end) as amount,
        max(case when place = 1 then computed end) as expected,
        max(case when place = 1 then printed end) as seen,
        concat(
            label, ' of ', entity_code, ' ', financial_year, ' prints ', {{ joined_text('wording', 'measure', '; ') }}
        ) as detail
    from differing_totals
    group by feed, entity_code, financial_year, ledger_period, month, label

),

phasing_differs as (

    select
        'cres_phasing_differs' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        subject,
        phased_plan - net_plan as amount,
        net_plan as expected,
        phased_plan as seen,
        concat(
            scheme_name, ': the twelve months sum to ', {{ money_text('phased_plan') }}, ', the net plan is ',
            {{ money_text('net_plan') }}
        ) as detail
    from plans
    where phased_plan <> net_plan

),

net_differs as (

    select
        'cres_net_differs' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        subject,
        net_plan - gross_plan + investment as amount,
        gross_plan - investment as expected,
        net_plan as seen,
        concat(
            scheme_name, ': gross less investment is ', {{ money_text('gross_plan - investment') }},
            ', the net plan is ', {{ money_text('net_plan') }}
        ) as detail
    from plans
    where gross_plan - investment <> net_plan

),

recurrence_unknown as (

    select
        'cres_recurrence_unknown' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        subject,
        net_plan as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(
            scheme_name, ': the plan says ', coalesce(concat('"', stated_recurrence, '"'), 'nothing'),
            ', expected recurrent, non_recurrent or mixed'
        ) as detail
    from plans
    where recurrence is null

),

unsplit as (

    select
        'cres_unsplit' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        subject,
        net_plan as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(scheme_name, ': mixed, and nobody says how much of it is recurrent') as detail
    from plans
    where
        recurrence = 'mixed'
        and recurrent_plan is null

),

claim_unknown as (

    select
        'cres_claim_unknown' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        concat_ws('|', entity_code, financial_year, scheme_id, claim) as subject,
        cast(1 as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(
            scheme_id,
            ' claims "',
            claim,
            '": expected bnf:, practice:, pod:, drug:, contract: or rebate: and what it is'
        ) as detail
    from claims
    where not is_known

),

-- a drug without a BNF code is not seen beside a claim of BNF codes
drug_code_unknown as (

    select
        'cres_drug_code_unknown' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        concat_ws('|', drugs.entity_code, drugs.financial_year, drugs.scheme_id, drugs.claim) as subject,
        cast(1 as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(
            drugs.scheme_id, ' claims "', drugs.claim, '", whose BNF code is not in drug_bnf_code: it is not compared',
            ' with the BNF codes that other schemes claim'
        ) as detail
    from claims as drugs
    where
        drugs.kind = 'drug'
        and drugs.is_known
        and drugs.bnf_code is null
        and exists (
            select 1 from claims as others
            where
                others.kind = 'bnf'
                and others.is_known
                and drugs.entity_code = others.entity_code
                and drugs.financial_year = others.financial_year
                and drugs.scheme_id <> others.scheme_id
        )

),

double_count as (

    select
        'cres_double_count' as issue,
        'cres_plan' as feed,
        cast(null as date) as month,
        concat_ws('|', entity_code, financial_year, scheme_id_a, scheme_id_b) as subject,
        amount_at_risk as amount,
        net_plan_a as expected,
        net_plan_b as seen,
        concat(
            scheme_id_a,
            ' ',
            scheme_name_a,
            ' (',
            {{ money_text('net_plan_a') }},
            ') and ',
            scheme_id_b,
            ' ',
            scheme_name_b,
            ' (', {{ money_text('net_plan_b') }}, ') both claim ', shared_claims
        ) as detail
    from overlap_rows

),

forecast_differs as (

    select
        'cres_forecast_differs' as issue,
        'cres_tracker' as feed,
        month,
        subject,
        stated_forecast_fy - monthly_forecast_fy as amount,
        monthly_forecast_fy as expected,
        stated_forecast_fy as seen,
        concat(
            scheme_name, ': the tracker states ', {{ money_text('stated_forecast_fy') }},
            ' for the year, its months sum to ', {{ money_text('monthly_forecast_fy') }}
        ) as detail
    from scheme_positions
    where stated_forecast_fy <> monthly_forecast_fy

),

scheme_missing as (

    select
        'cres_scheme_missing' as issue,
        'cres_tracker' as feed,
        month,
        subject,
        plan_ytd as amount,
        plan_ytd as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(scheme_id, ' ', scheme_name, ' is not in the tracker of the month') as detail
    from scheme_positions
    where
        not is_reported
        and is_planned

),

scheme_unplanned as (

    select
        'cres_scheme_unplanned' as issue,
        'cres_tracker' as feed,
        month,
        subject,
        forecast_fy as amount,
        cast(null as decimal(18, 2)) as expected,
        forecast_fy as seen,
        concat(scheme_id, ' ', scheme_name, ' is in the tracker and not in the plan of the year') as detail
    from scheme_positions
    where
        is_reported
        and not is_planned

),

actual_missing as (

    select
        'cres_actual_missing' as issue,
        'cres_tracker' as feed,
        month,
        subject,
        cast(months_missing as decimal(18, 2)) as amount,
        plan_ytd as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(
            scheme_name, ': ', cast(months_missing as string),
            ' month(s) with a plan have no saving reported, so there is no year to date'
        ) as detail
    from scheme_positions
    where
        is_reported
        and months_missing > 0

),

actual_ahead as (

    select
        'cres_actual_ahead' as issue,
        'cres_tracker' as feed,
        month,
        subject,
        cast(1 as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(scheme_name, ': a saving is reported for a month after the report; it is not counted') as detail
    from tracker_lines
    where is_ahead

),

rag_unknown as (

    select
        'cres_rag_unknown' as issue,
        'cres_tracker' as feed,
        month,
        subject,
        cast(1 as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(scheme_name, ': the delivery RAG says "', stated_rag_delivery, '", expected G, A or R') as detail
    from tracker_lines
    where
        stated_rag_delivery is not null
        and rag_delivery is null

),

recurrent_exceeds as (

    select
        'cres_recurrent_exceeds' as issue,
        'cres_tracker' as feed,
        tracker_lines.month,
        tracker_lines.subject,
        tracker_lines.recurrent_ytd - scheme_positions.actual_ytd as amount,
        scheme_positions.actual_ytd as expected,
        tracker_lines.recurrent_ytd as seen,
        concat(
            tracker_lines.scheme_name, ': ', {{ money_text('tracker_lines.recurrent_ytd') }},
            ' of the saving to date is said to be recurrent, of ',
            {{ money_text('scheme_positions.actual_ytd') }},
            ' in all'
        ) as detail
    from tracker_lines
    inner join scheme_positions
        on
            tracker_lines.subject = scheme_positions.subject
            and tracker_lines.month = scheme_positions.month
    where
        tracker_lines.recurrent_ytd > scheme_positions.actual_ytd

),

questions as (

    select * from total_differs
    union all
    select * from phasing_differs
    union all
    select * from net_differs
    union all
    select * from recurrence_unknown
    union all
    select * from unsplit
    union all
    select * from claim_unknown
    union all
    select * from drug_code_unknown
    union all
    select * from double_count
    union all
    select * from forecast_differs
    union all
    select * from scheme_missing
    union all
    select * from scheme_unplanned
    union all
    select * from actual_missing
    union all
    select * from actual_ahead
    union all
    select * from rag_unknown
    union all
    select * from recurrent_exceeds

),

queries as (

    select
        issue,
        feed,
        cast(null as string) as practice_code,
        cast(null as string) as provider_code,
        month,
        subject,
        cast(amount as double) as amount,
        cast(expected as double) as expected,
        cast(seen as double) as seen,
        detail
    from questions

)

select * from queries
