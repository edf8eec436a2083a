-- One row per savings scheme of the plan in force and thing that it claims to save on.
with schemes as (

    select * from {{ ref('cres_scheme') }}

),

drug_codes as (

    select * from {{ ref('drug_bnf_code') }}

),

claimed as (

    select
        entity_code,
        financial_year,
        scheme_id,
        {{ each_code(claim_list('claims')) }} as claim
    from schemes

),

parts as (

    select
        entity_code,
        financial_year,
        scheme_id,
        trim(claim) as claim,
        lower(trim(split_part(claim, ':', 1))) as kind,
        upper(trim(split_part(split_part(claim, ':', 2), '@', 1))) as target,
        nullif(upper(trim(split_part(claim, '@', 2))), '') as provider_code
    from claimed
    where trim(claim) <> ''

),

coded as (

    select
        entity_code,
        financial_year,
        scheme_id,
        claim,
        kind,
        case when kind = 'bnf' then {{ normalised_code('target') }} else target end as target,
        provider_code
    from parts

),

-- what is claimed twice in other words is one claim
named as (

    select
        entity_code,
        financial_year,
        scheme_id,
        kind,
        target,
        provider_code,
        min(claim) as claim
    from coded
    group by entity_code, financial_year, scheme_id, kind, target, provider_code

),

claims as (

    select
        named.*,
        case
            when named.kind = 'bnf' then named.target
            else {{ normalised_code('drug_codes.bnf_prefix') }}
        end as bnf_code,
        named.kind in ('bnf', 'practice', 'pod', 'drug', 'contract', 'rebate') and named.target <> '' as is_known
    from named
    left join drug_codes
        on
            named.kind = 'drug'
            and named.target = upper(trim(drug_codes.drug_group))

)

select * from claims
