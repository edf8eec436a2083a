-- One row per entity, financial year, savings scheme and thing that it claims to save on: bnf:PREFIX, practice:CODE,
-- pod:POINT[@PROVIDER], drug:GROUP[@PROVIDER], contract:PROVIDER or rebate:TERM. Codes are in capitals.
with schemes as (

    select * from {{ ref('int_evidence__scheme') }}

),

listed as (

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
        upper(trim(split_part(claim, ':', 2))) as stated
    from listed
    where trim(claim) <> ''

),

final as (

    select distinct
        entity_code,
        financial_year,
        scheme_id,
        claim,
        kind,
        case when kind = 'contract' then '' else trim(split_part(stated, '@', 1)) end as code,
        case when kind = 'contract' then stated else nullif(trim(split_part(stated, '@', 2)), '') end as provider_code
    from parts

)

select * from final
