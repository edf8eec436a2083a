-- One row per pair of savings schemes of one year and what both claim to save on.
with claims as (

    select * from {{ ref('int_cres__claim') }}

),

schemes as (

    select * from {{ ref('cres_scheme') }}

),

-- a code is the same as one that begins with it; a point of delivery or drug at a provider is among those at any
pairs as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.kind,
        claims.scheme_id as scheme_id_a,
        others.scheme_id as scheme_id_b,
        claims.claim as claim_a,
        others.claim as claim_b,
        case when length(claims.target) >= length(others.target) then claims.target else others.target end as target,
        coalesce(claims.provider_code, others.provider_code) as provider_code
    from claims
    inner join claims as others
        on
            claims.entity_code = others.entity_code
            and claims.financial_year = others.financial_year
            and claims.kind = others.kind
            and claims.scheme_id < others.scheme_id
            and (
                claims.target = others.target
                or (claims.kind = 'bnf' and claims.target like concat(others.target, '%'))
                or (claims.kind = 'bnf' and others.target like concat(claims.target, '%'))
            )
            and (
                claims.provider_code is null
                or others.provider_code is null
                or claims.provider_code = others.provider_code
            )
    where
        claims.is_known
        and others.is_known

),

overlap_rows as (

    select
        pairs.*,
        first_schemes.scheme_name as scheme_name_a,
        second_schemes.scheme_name as scheme_name_b,
        first_schemes.finance_lead as finance_lead_a,
        second_schemes.finance_lead as finance_lead_b,
        first_schemes.net_plan as net_plan_a,
        second_schemes.net_plan as net_plan_b
    from pairs
    inner join schemes as first_schemes
        on
            pairs.entity_code = first_schemes.entity_code
            and pairs.financial_year = first_schemes.financial_year
            and pairs.scheme_id_a = first_schemes.scheme_id
    inner join schemes as second_schemes
        on
            pairs.entity_code = second_schemes.entity_code
            and pairs.financial_year = second_schemes.financial_year
            and pairs.scheme_id_b = second_schemes.scheme_id

)

select
    cast(entity_code as string) as entity_code,
    cast(financial_year as string) as financial_year,
    cast(scheme_id_a as string) as scheme_id_a,
    cast(scheme_id_b as string) as scheme_id_b,
    cast(kind as string) as kind,
    cast(target as string) as target,
    cast(provider_code as string) as provider_code,
    cast(claim_a as string) as claim_a,
    cast(claim_b as string) as claim_b,
    cast(scheme_name_a as string) as scheme_name_a,
    cast(scheme_name_b as string) as scheme_name_b,
    cast(finance_lead_a as string) as finance_lead_a,
    cast(finance_lead_b as string) as finance_lead_b,
    cast(net_plan_a as decimal(18, 2)) as net_plan_a,
    cast(net_plan_b as decimal(18, 2)) as net_plan_b,
    cast(least(net_plan_a, net_plan_b) as decimal(18, 2)) as amount_at_risk
from overlap_rows
