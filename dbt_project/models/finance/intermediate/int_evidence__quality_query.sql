-- One row per question that the evidence raises: claims that the feeds contradict, rebates left or taken twice,
-- charges that break the rules, methods that nobody knows.
with judged as (

    select * from {{ ref('int_evidence__judged') }}

),

schemes as (

    select * from {{ ref('int_evidence__scheme') }}

),

rebate_months as (

    select * from {{ ref('int_evidence__rebate_month') }}

),

charge_checks as (

    select * from {{ ref('int_evidence__charge_check') }}

),

charges as (

    select * from {{ ref('stg_finance__high_cost_drug_charge') }}

),

rules as (

    select * from {{ ref('drug_commissioning_rule') }}

),

contradicted as (

    select
        'cres_saving_contradicted' as issue,
        'cres_tracker' as feed,
        cast(null as string) as provider_code,
        month,
        concat_ws('|', entity_code, financial_year, scheme_id) as subject,
        shown_difference as amount,
        claimed as expected,
        claimed - shown_difference as seen,
        concat(
            scheme_name, ': the tracker claims a saving of the month that the feeds do not show by the method ', method,
            '. ', basis
        ) as detail
    from judged
    where state = 'contradicted'

),

unknown_methods as (

    select
        'cres_method_unknown' as issue,
        'cres_plan' as feed,
        cast(null as string) as provider_code,
        cast(null as date) as month,
        concat_ws('|', entity_code, financial_year, scheme_id) as subject,
        cast(null as decimal(18, 2)) as amount,
        cast(null as decimal(18, 2)) as expected,
        cast(null as decimal(18, 2)) as seen,
        concat(scheme_name, ': no method of evidence is called ', evidence_method) as detail
    from schemes
    where
        evidence_method not in (
            'none', 'prescribing_price_volume', 'drug_switch', 'rebate', 'drug_challenge', 'activity',
            'contract_tolerance'
        )

),

rebates as (

    select
        case state when 'no_agreement' then 'rebate_without_agreement' else 'rebate_differs' end as issue,
        'rebate_claim' as feed,
        cast(null as string) as provider_code,
        month,
        concat_ws('|', {{ code_among_several('entity_code') }}, rebate_term_id) as subject,
        case when state = 'missed' then -due else difference end as amount,
        due as expected,
        claimed as seen,
        concat(
            coalesce(name, rebate_term_id),
            case
                when state = 'missed' and last_own_month > month
                    then concat(': nothing was claimed, though it was for ', left(cast(last_own_month as string), 7))
                when state = 'missed'
                    then
                        concat(
                            ': nothing was claimed, nor for any later month, though claims of other agreements are of ',
                            left(cast(last_month as string), 7)
                        )
                when state = 'under_claimed' then ': less was claimed than is due by the terms'
                when state = 'over_claimed' then ': more was claimed than is due by the terms'
                else ': no agreement is in force for the claim'
            end
        ) as detail
    from rebate_months
    where state in ('missed', 'under_claimed', 'over_claimed', 'no_agreement')

),

challenged as (

    select
        'drug_charge_challenged' as issue,
        'high_cost_drug_charge' as feed,
        provider_code,
        month,
        concat_ws('|', entity_code, provider_code, reason) as subject,
        sum(challenged_amount) as amount,
        cast(null as decimal(18, 2)) as expected,
        sum(charged_amount) as seen,
        concat(
            provider_code, ' charges lines that break a rule of the commissioner (', reason,
            '); the lines are in drug_charge_challenge'
        ) as detail
    from charge_checks
    where version_age = 1
    group by entity_code, provider_code, month, reason

),

without_rule as (

    select
        'drug_without_rule' as issue,
        'high_cost_drug_charge' as feed,
        charges.provider_code,
        charges.month,
        concat_ws('|', charges.entity_code, charges.provider_code, charges.drug_group) as subject,
        sum(charges.charged_amount) as amount,
        cast(null as decimal(18, 2)) as expected,
        sum(charges.charged_amount) as seen,
        concat('No rule of the commissioner is known for ', charges.drug_group, ': its charges are not checked')
            as detail
    from charges
    left join rules
        on
            charges.drug_group = rules.drug_group
            and charges.month >= rules.valid_from
    where
        charges.version_age = 1
        and rules.drug_group is null
    group by charges.entity_code, charges.provider_code, charges.month, charges.drug_group

),

queries as (

    select * from contradicted
    union all
    select * from unknown_methods
    union all
    select * from rebates
    union all
    select * from challenged
    union all
    select * from without_rule

),

final as (

    select
        issue,
        feed,
        cast(null as string) as practice_code,
        provider_code,
        month,
        subject,
        cast(amount as double) as amount,
        cast(expected as double) as expected,
        cast(seen as double) as seen,
        detail
    from queries

)

select * from final
