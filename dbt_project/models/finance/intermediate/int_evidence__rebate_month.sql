-- One row per entity, rebate agreement and month: what is due by its terms beside what was claimed.
with terms as (

    select * from {{ ref('rebate_term') }}
    where {{ is_own('commissioner_code') }}

),

claimed as (

    select * from {{ ref('stg_finance__rebate_claim') }}
    where
        version_age = 1
        and {{ is_own('entity_code') }}

),

presentations as (

    select * from {{ ref('int_evidence__presentation_month') }}

),

prescribing_months as (

    select * from {{ ref('int_finance__prescribing_month') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

scheme_months as (

    select * from {{ ref('int_evidence__claim') }}

),

config as (

    select * from {{ ref('evidence_config') }}

),

tolerance as (

    select cast(value as decimal(18, 2)) as rebate_tolerance from config
    where parameter = 'rebate_tolerance'

),

-- of a month that a gate withholds nobody knows what is due
loaded as (

    select
        entity_code,
        month
    from prescribing_months
    where not is_withheld

),

months as (

    select
        entity_code,
        month
    from prescribing_months
    union
    select
        entity_code,
        month
    from claimed
    union
    select
        scheme_months.entity_code,
        scheme_months.month
    from scheme_months
    inner join scheme_claims
        on
            scheme_claims.kind = 'rebate'
            and scheme_months.entity_code = scheme_claims.entity_code
            and scheme_months.financial_year = scheme_claims.financial_year
            and scheme_months.scheme_id = scheme_claims.scheme_id

),

last_claimed as (

    select
        entity_code,
        max(month) as last_month
    from claimed
    group by entity_code

),

own_claims as (

    select
        entity_code,
        rebate_term_id,
        max(month) as last_own_month
    from claimed
    group by entity_code, rebate_term_id

),

term_months as (

    select
        terms.commissioner_code as entity_code,
        terms.rebate_term_id,
        months.month
    from terms
    inner join months
        on
            terms.commissioner_code = months.entity_code
            and terms.valid_from <= months.month
            and (terms.valid_to is null or terms.valid_to >= months.month)
    union
    select
        entity_code,
        rebate_term_id,
        month
    from claimed

),

prescribed as (

    select
        presentations.entity_code,
        terms.rebate_term_id,
        presentations.month,
        sum(presentations.items) as items,
        sum(presentations.nic) as nic
    from presentations
    inner join terms
        on
            presentations.entity_code = terms.commissioner_code
            and {{ code_has_prefix('presentations.bnf_code', 'terms.bnf_prefix') }}
    group by presentations.entity_code, terms.rebate_term_id, presentations.month

),

known as (

    select
        term_months.entity_code,
        term_months.rebate_term_id,
        term_months.month,
        terms.name,
        terms.bnf_prefix,
        terms.kind,
        terms.rate,
        terms.rebate_term_id is not null
        and terms.valid_from <= term_months.month
        and (terms.valid_to is null or terms.valid_to >= term_months.month) as is_in_force,
        loaded.month is not null as is_loaded,
        case when loaded.month is not null then cast(coalesce(prescribed.items, 0) as decimal(18, 5)) end as items,
        case when loaded.month is not null then cast(coalesce(prescribed.nic, 0) as decimal(18, 5)) end as nic,
        claimed.claimed_amount as claimed
    from term_months
    left join terms
        on
            term_months.entity_code = terms.commissioner_code
            and term_months.rebate_term_id = terms.rebate_term_id
    left join loaded
        on
            term_months.entity_code = loaded.entity_code
            and term_months.month = loaded.month
    left join prescribed
        on
            term_months.entity_code = prescribed.entity_code
            and term_months.rebate_term_id = prescribed.rebate_term_id
            and term_months.month = prescribed.month
    left join claimed
        on
            term_months.entity_code = claimed.entity_code
            and term_months.rebate_term_id = claimed.rebate_term_id
            and term_months.month = claimed.month

),

due_amounts as (

    select
        *,
        case
            when not coalesce(is_in_force, false) then cast(0 as decimal(18, 2))
            when is_loaded
                then cast(round(case kind when 'per_item' then items else nic end * rate, 2) as decimal(18, 2))
        end as due
    from known

),

final as (

    select
        due_amounts.entity_code,
        due_amounts.rebate_term_id,
        due_amounts.month,
        due_amounts.name,
        due_amounts.bnf_prefix,
        due_amounts.kind,
        due_amounts.rate,
        due_amounts.items,
        due_amounts.nic,
        due_amounts.due,
        cast(due_amounts.claimed as decimal(18, 2)) as claimed,
        cast(due_amounts.claimed - due_amounts.due as decimal(18, 2)) as difference,
        case
            when due_amounts.claimed is not null and not coalesce(due_amounts.is_in_force, false) then 'no_agreement'
            when due_amounts.due is null then 'awaiting'
            when due_amounts.claimed is null and due_amounts.due = 0 then 'nothing_due'
            when due_amounts.claimed is null and due_amounts.month < last_claimed.last_month then 'missed'
            when due_amounts.claimed is null then 'not_claimed_yet'
            when due_amounts.claimed < due_amounts.due - tolerance.rebate_tolerance then 'under_claimed'
            when due_amounts.claimed > due_amounts.due + tolerance.rebate_tolerance then 'over_claimed'
            else 'claimed'
        end as state,
        own_claims.last_own_month,
        last_claimed.last_month
    from due_amounts
    left join own_claims
        on
            due_amounts.entity_code = own_claims.entity_code
            and due_amounts.rebate_term_id = own_claims.rebate_term_id
    cross join tolerance
    left join last_claimed on due_amounts.entity_code = last_claimed.entity_code

)

select * from final
