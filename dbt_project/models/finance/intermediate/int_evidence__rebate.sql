-- One row per savings scheme of rebates and month: what was claimed of what is due.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

rebate_months as (

    select * from {{ ref('int_evidence__rebate_month') }}

),

sums as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        {{ joined_text('scheme_claims.code', 'scheme_claims.code') }} as terms,
        sum(rebate_months.due) as due,
        sum(rebate_months.claimed) as claimed,
        -- nothing beyond what is due is a saving, and nothing that was not claimed
        sum(
            case when rebate_months.claimed < rebate_months.due then rebate_months.claimed else rebate_months.due end
        ) as saving,
        min(case when rebate_months.state = 'awaiting' then rebate_months.rebate_term_id end) as awaiting_prescribing,
        min(
            case when rebate_months.state in ('missed', 'not_claimed_yet') then rebate_months.rebate_term_id end
        ) as awaiting_claim
    from claims
    inner join scheme_claims
        on
            scheme_claims.kind = 'rebate'
            and claims.entity_code = scheme_claims.entity_code
            and claims.financial_year = scheme_claims.financial_year
            and claims.scheme_id = scheme_claims.scheme_id
    left join rebate_months
        on
            scheme_claims.entity_code = rebate_months.entity_code
            and scheme_claims.code = rebate_months.rebate_term_id
            and claims.month = rebate_months.month
    where claims.evidence_method = 'rebate'
    group by claims.entity_code, claims.financial_year, claims.scheme_id, claims.month

),

reasoned as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        sums.terms,
        sums.due,
        sums.claimed,
        sums.saving,
        case
            when sums.terms is null then 'the plan names no agreement that it saves by'
            when sums.awaiting_prescribing is not null
                then concat('prescribing of ', left(cast(claims.month as string), 7), ' is not received')
            when sums.awaiting_claim is not null
                then concat('no claim for ', sums.awaiting_claim, ' is received')
            when sums.saving is null then 'no such agreement is known'
        end as awaiting_reason
    from claims
    left join sums
        on
            claims.entity_code = sums.entity_code
            and claims.financial_year = sums.financial_year
            and claims.scheme_id = sums.scheme_id
            and claims.month = sums.month
    where claims.evidence_method = 'rebate'

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        terms,
        awaiting_reason,
        cast(due as decimal(18, 2)) as due,
        cast(claimed as decimal(18, 2)) as claimed,
        case when awaiting_reason is null then cast(saving as decimal(18, 2)) end as saving
    from reasoned

)

select * from final
