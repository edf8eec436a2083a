-- One row per savings scheme of challenges and month: what the first charge was challenged for and the newest one has
-- not.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

charges as (

    select * from {{ ref('stg_finance__high_cost_drug_charge') }}

),

checks as (

    select * from {{ ref('int_evidence__charge_check') }}

),

targets as (

    select distinct
        entity_code,
        financial_year,
        scheme_id,
        kind,
        code,
        provider_code
    from scheme_claims
    where kind in ('drug', 'contract')

),

-- the charges of a provider and month: how often they came
charge_months as (

    select
        entity_code,
        month,
        provider_code,
        max(version_age) as version_count
    from charges
    group by entity_code, month, provider_code

),

target_charges as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        max(charge_months.version_count) as version_count
    from claims
    inner join targets
        on
            claims.entity_code = targets.entity_code
            and claims.financial_year = targets.financial_year
            and claims.scheme_id = targets.scheme_id
    inner join charge_months
        on
            claims.entity_code = charge_months.entity_code
            and claims.month = charge_months.month
            and (targets.provider_code is null or targets.provider_code = charge_months.provider_code)
    where claims.evidence_method = 'drug_challenge'
    group by claims.entity_code, claims.financial_year, claims.scheme_id, claims.month

),

-- a line that two claims of a scheme name counts once
challenged_lines as (

    select distinct
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        checks.provider_code,
        checks.invoice_reference,
        checks.line_number,
        checks.reason,
        checks.version_age,
        checks.version_age = charge_months.version_count as is_first_charge,
        checks.counted_amount
    from claims
    inner join targets
        on
            claims.entity_code = targets.entity_code
            and claims.financial_year = targets.financial_year
            and claims.scheme_id = targets.scheme_id
    inner join checks
        on
            claims.entity_code = checks.entity_code
            and claims.month = checks.month
            and (targets.provider_code is null or targets.provider_code = checks.provider_code)
            and (targets.kind = 'contract' or targets.code = upper(checks.drug_group))
    inner join charge_months
        on
            checks.entity_code = charge_months.entity_code
            and checks.month = charge_months.month
            and checks.provider_code = charge_months.provider_code
    where claims.evidence_method = 'drug_challenge'

),

sums as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        sum(case when is_first_charge then counted_amount else 0 end) as challenged,
        sum(case when version_age = 1 then counted_amount else 0 end) as still_charged
    from challenged_lines
    group by entity_code, financial_year, scheme_id, month

),

target_schemes as (

    select distinct
        entity_code,
        financial_year,
        scheme_id
    from targets

),

reasoned as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        coalesce(sums.challenged, 0) as challenged,
        coalesce(sums.still_charged, 0) as still_charged,
        case
            when target_schemes.scheme_id is null then 'the plan names no drug or contract that it challenges'
            when target_charges.version_count is null
                then concat('charges of ', left(cast(claims.month as string), 7), ' are not received')
            when target_charges.version_count = 1 and sums.challenged > 0
                then 'no corrected charge is received since the challenge'
        end as awaiting_reason
    from claims
    left join target_schemes
        on
            claims.entity_code = target_schemes.entity_code
            and claims.financial_year = target_schemes.financial_year
            and claims.scheme_id = target_schemes.scheme_id
    left join target_charges
        on
            claims.entity_code = target_charges.entity_code
            and claims.financial_year = target_charges.financial_year
            and claims.scheme_id = target_charges.scheme_id
            and claims.month = target_charges.month
    left join sums
        on
            claims.entity_code = sums.entity_code
            and claims.financial_year = sums.financial_year
            and claims.scheme_id = sums.scheme_id
            and claims.month = sums.month
    where claims.evidence_method = 'drug_challenge'

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        awaiting_reason,
        cast(challenged as decimal(18, 2)) as challenged,
        cast(still_charged as decimal(18, 2)) as still_charged,
        case when awaiting_reason is null then cast(challenged - still_charged as decimal(18, 2)) end as saving
    from reasoned

)

select * from final
