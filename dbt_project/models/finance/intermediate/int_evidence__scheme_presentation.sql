-- One row per entity, savings scheme of prescribing, month and presentation: the month beside the average month of its
-- baseline. Where a scheme names practices, only theirs counts.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

baselines as (

    select * from {{ ref('int_evidence__baseline_month') }}

),

presentations as (

    select * from {{ ref('int_evidence__presentation_month') }}

),

own_claims as (

    select * from claims
    where
        evidence_method = 'prescribing_price_volume'
        and {{ is_own('entity_code') }}

),

codes as (

    select distinct
        entity_code,
        bnf_code
    from presentations

),

scheme_codes as (

    select distinct
        scheme_claims.entity_code,
        scheme_claims.financial_year,
        scheme_claims.scheme_id,
        codes.bnf_code
    from scheme_claims
    inner join codes
        on
            scheme_claims.entity_code = codes.entity_code
            and {{ code_has_prefix('codes.bnf_code', 'scheme_claims.code') }}
    where scheme_claims.kind = 'bnf'

),

scheme_practices as (

    select
        entity_code,
        financial_year,
        scheme_id,
        code as practice_code
    from scheme_claims
    where kind = 'practice'

),

restricted_schemes as (

    select distinct
        entity_code,
        financial_year,
        scheme_id
    from scheme_practices

),

sides as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        month as data_month,
        true as is_now,
        1 as month_count
    from own_claims

    union all

    select
        baselines.entity_code,
        baselines.financial_year,
        baselines.scheme_id,
        baselines.month,
        baselines.baseline_month as data_month,
        false as is_now,
        baselines.baseline_months as month_count
    from baselines
    inner join own_claims
        on
            baselines.entity_code = own_claims.entity_code
            and baselines.financial_year = own_claims.financial_year
            and baselines.scheme_id = own_claims.scheme_id
            and baselines.month = own_claims.month

),

sums as (

    select
        sides.entity_code,
        sides.financial_year,
        sides.scheme_id,
        sides.month,
        sides.is_now,
        sides.month_count,
        presentations.bnf_code,
        sum(presentations.items) as items,
        sum(presentations.quantity) as quantity,
        sum(presentations.nic) as nic,
        sum(presentations.actual_cost) as actual_cost
    from sides
    inner join scheme_codes
        on
            sides.entity_code = scheme_codes.entity_code
            and sides.financial_year = scheme_codes.financial_year
            and sides.scheme_id = scheme_codes.scheme_id
    inner join presentations
        on
            sides.entity_code = presentations.entity_code
            and sides.data_month = presentations.month
            and scheme_codes.bnf_code = presentations.bnf_code
    left join restricted_schemes
        on
            sides.entity_code = restricted_schemes.entity_code
            and sides.financial_year = restricted_schemes.financial_year
            and sides.scheme_id = restricted_schemes.scheme_id
    left join scheme_practices
        on
            sides.entity_code = scheme_practices.entity_code
            and sides.financial_year = scheme_practices.financial_year
            and sides.scheme_id = scheme_practices.scheme_id
            and presentations.practice_code = scheme_practices.practice_code
    where
        restricted_schemes.scheme_id is null
        or scheme_practices.practice_code is not null
    group by
        sides.entity_code, sides.financial_year, sides.scheme_id, sides.month, sides.is_now, sides.month_count,
        presentations.bnf_code

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        bnf_code,
    {% for measure in ['items', 'quantity', 'nic', 'actual_cost'] -%}
        cast(sum(case when is_now then {{ measure }} else 0 end) as decimal(28, 5)) as {{ measure }},
        cast(
            round(sum(case when not is_now then cast({{ measure }} as double) / month_count else 0 end), 5)
            as decimal(28, 5)
        ) as baseline_{{ measure }}{{ '' if loop.last else ',' }}
    {% endfor %}
    from sums
    group by entity_code, financial_year, scheme_id, month, bnf_code

)

select * from final
