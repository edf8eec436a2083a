-- One row per commissioner, month, practice of it (after succession) and presentation (today's code) that a savings
-- scheme or a rebate agreement of any commissioner is about.
with epd as (

    select * from {{ ref('stg_prescribing__epd') }}

),

presentations as (

    select * from {{ ref('int_prescribing__presentation') }}

),

claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

terms as (

    select * from {{ ref('rebate_term') }}
    where {{ is_own('commissioner_code') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

prefixes as (

    select code as bnf_prefix from claims
    where kind = 'bnf'
    union
    select bnf_prefix from terms

),

listed as (

    select distinct
        presentations.month,
        presentations.bnf_code,
        presentations.mapped_bnf_code
    from presentations
    inner join prefixes on {{ code_has_prefix('presentations.mapped_bnf_code', 'prefixes.bnf_prefix') }}
    where presentations.dataset = 'epd'

),

own_practices as (

    select
        org_code as entity_code,
        month,
        practice_code
    from memberships
    where
        org_view = 'as_at'
        and org_type = 'commissioner'

),

summed as (

    select
        epd.month,
        coalesce(code_map.mapped_practice_code, epd.practice_code) as practice_code,
        listed.mapped_bnf_code as bnf_code,
        sum(epd.items) as items,
        sum(epd.total_quantity) as quantity,
        sum(epd.nic) as nic,
        sum(epd.actual_cost) as actual_cost
    from epd
    inner join listed
        on
            epd.month = listed.month
            and epd.bnf_code = listed.bnf_code
    left join code_map
        on
            code_map.org_view = 'as_at'
            and epd.month = code_map.month
            and epd.practice_code = code_map.practice_code
    group by epd.month, coalesce(code_map.mapped_practice_code, epd.practice_code), listed.mapped_bnf_code

),

final as (

    select
        own_practices.entity_code,
        summed.month,
        summed.practice_code,
        summed.bnf_code,
        cast(summed.items as decimal(28, 5)) as items,
        cast(summed.quantity as decimal(28, 5)) as quantity,
        cast(summed.nic as decimal(28, 5)) as nic,
        cast(summed.actual_cost as decimal(28, 5)) as actual_cost
    from summed
    inner join own_practices
        on
            summed.month = own_practices.month
            and summed.practice_code = own_practices.practice_code

)

select * from final
