-- One row per savings scheme of block contracts and month: what came back under the tolerances in the month.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

contract_months as (

    select * from {{ ref('int_evidence__contract_month') }}

),

-- the year to date less that of the month before
month_amounts as (

    select
        *,
        amount - case when ledger_period = 1 then 0 else lag(amount) over (
            partition by entity_code, financial_year, provider_code, point_of_delivery order by ledger_period
        ) end as month_amount
    from contract_months

),

cells as (

    select distinct
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        month_amounts.provider_code,
        month_amounts.point_of_delivery,
        month_amounts.actual_month,
        month_amounts.unit_price * month_amounts.marginal_rate as unit_amount,
        month_amounts.month_amount
    from claims
    inner join scheme_claims
        on
            scheme_claims.kind in ('contract', 'pod')
            and claims.entity_code = scheme_claims.entity_code
            and claims.financial_year = scheme_claims.financial_year
            and claims.scheme_id = scheme_claims.scheme_id
    inner join month_amounts
        on
            claims.entity_code = month_amounts.entity_code
            and claims.month = month_amounts.month
            and (scheme_claims.kind = 'contract' or scheme_claims.code = upper(month_amounts.point_of_delivery))
            and (
                scheme_claims.provider_code is null or scheme_claims.provider_code = month_amounts.provider_code
            )
    where claims.evidence_method = 'contract_tolerance'

),

sums as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        {{ joined_text('concat(point_of_delivery, \'@\', provider_code)', 'point_of_delivery, provider_code') }}
            as points,
        sum(actual_month) as activity,
        max(unit_amount) as unit_amount,
        -sum(month_amount) as saving,
        min(case when month_amount is null then provider_code end) as silent_provider
    from cells
    group by entity_code, financial_year, scheme_id, month

),

reasoned as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        sums.points,
        sums.activity,
        sums.unit_amount,
        sums.saving,
        case
            when sums.points is null then 'no block contract is planned for what it saves on'
            when sums.silent_provider is not null
                then concat('activity of ', sums.silent_provider, ' in the year to date is not received')
        end as awaiting_reason
    from claims
    left join sums
        on
            claims.entity_code = sums.entity_code
            and claims.financial_year = sums.financial_year
            and claims.scheme_id = sums.scheme_id
            and claims.month = sums.month
    where claims.evidence_method = 'contract_tolerance'

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        points,
        awaiting_reason,
        cast(unit_amount as decimal(18, 4)) as unit_amount,
        case when awaiting_reason is null then cast(activity as decimal(18, 2)) end as activity,
        case when awaiting_reason is null then cast(saving as decimal(18, 2)) end as saving
    from reasoned

)

select * from final
