-- One row per pair of savings schemes of one year that claim the same: all that both claim, and once what is at risk.
with claims as (

    select * from {{ ref('int_cres__claim') }}

),

schemes as (

    select * from {{ ref('cres_scheme') }}

),

-- a code is the same as one that begins with it, a drug is among the codes that its own begins with; a point of
-- delivery or drug at a provider is among those at any
matches as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id as scheme_id_a,
        others.scheme_id as scheme_id_b,
        concat(claims.kind, ' ', claims.target) as claim_a,
        concat(others.kind, ' ', others.target) as claim_b,
        claims.kind = others.kind as is_one_kind,
        length(coalesce(claims.bnf_code, '')) >= length(coalesce(others.bnf_code, '')) as is_first_narrower,
        coalesce(claims.provider_code, others.provider_code) as provider_code
    from claims
    inner join claims as others
        on
            claims.entity_code = others.entity_code
            and claims.financial_year = others.financial_year
            and claims.scheme_id < others.scheme_id
            and (
                (claims.kind = others.kind and claims.target = others.target)
                or {{ code_has_prefix('claims.bnf_code', 'others.bnf_code') }}
                or {{ code_has_prefix('others.bnf_code', 'claims.bnf_code') }}
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

-- of two claims of one kind the narrower says it; of two kinds both are named, the narrower first
shared as (

    select distinct
        entity_code,
        financial_year,
        scheme_id_a,
        scheme_id_b,
        concat(
            case
                when is_one_kind then case when is_first_narrower then claim_a else claim_b end
                when is_first_narrower then concat(claim_a, ' of ', claim_b)
                else concat(claim_b, ' of ', claim_a)
            end,
            case when provider_code is not null then concat(' at ', provider_code) else '' end
        ) as claim
    from matches

),

pairs as (

    select
        entity_code,
        financial_year,
        scheme_id_a,
        scheme_id_b,
        count(*) as shared_count,
        {{ joined_text('claim', 'claim') }} as shared_claims
    from shared
    group by entity_code, financial_year, scheme_id_a, scheme_id_b

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
    cast(shared_claims as string) as shared_claims,
    cast(shared_count as integer) as shared_count,
    cast(scheme_name_a as string) as scheme_name_a,
    cast(scheme_name_b as string) as scheme_name_b,
    cast(finance_lead_a as string) as finance_lead_a,
    cast(finance_lead_b as string) as finance_lead_b,
    cast(net_plan_a as decimal(18, 2)) as net_plan_a,
    cast(net_plan_b as decimal(18, 2)) as net_plan_b,
    cast(least(net_plan_a, net_plan_b) as decimal(18, 2)) as amount_at_risk
from overlap_rows
