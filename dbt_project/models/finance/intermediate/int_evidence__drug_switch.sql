-- One row per savings scheme of high-cost drugs and month: what its units cost against the price and the share of
-- biosimilars of the baseline.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

baselines as (

    select * from {{ ref('int_evidence__baseline_month') }}

),

charges as (

    select * from {{ ref('stg_finance__high_cost_drug_charge') }}
    where version_age = 1

),

own_claims as (

    select * from claims
    where evidence_method = 'drug_switch'

),

drug_claims as (

    select
        entity_code,
        financial_year,
        scheme_id,
        code,
        provider_code
    from scheme_claims
    where kind = 'drug'

),

scheme_drugs as (

    select
        drug_groups.entity_code,
        drug_groups.financial_year,
        drug_groups.scheme_id,
        {{ joined_text('drug_groups.drug_group', 'drug_groups.drug_group') }} as drug_groups
    from (
        select distinct
            entity_code,
            financial_year,
            scheme_id,
            lower(code) as drug_group
        from drug_claims
    ) as drug_groups
    group by drug_groups.entity_code, drug_groups.financial_year, drug_groups.scheme_id

),

charging_providers as (

    select distinct
        entity_code,
        month,
        provider_code
    from charges

),

sides as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        month as data_month,
        true as is_now
    from own_claims

    union all

    select
        baselines.entity_code,
        baselines.financial_year,
        baselines.scheme_id,
        baselines.month,
        baselines.baseline_month as data_month,
        false as is_now
    from baselines
    inner join own_claims
        on
            baselines.entity_code = own_claims.entity_code
            and baselines.financial_year = own_claims.financial_year
            and baselines.scheme_id = own_claims.scheme_id
            and baselines.month = own_claims.month

),

-- a line that two claims of a scheme name counts once
claimed_lines as (

    select distinct
        sides.entity_code,
        sides.financial_year,
        sides.scheme_id,
        sides.month,
        sides.is_now,
        charges.drug_group,
        charges.provider_code,
        charges.is_biosimilar,
        charges.units,
        charges.charged_amount,
        charges.month as data_month,
        charges.invoice_reference,
        charges.line_number
    from sides
    inner join drug_claims
        on
            sides.entity_code = drug_claims.entity_code
            and sides.financial_year = drug_claims.financial_year
            and sides.scheme_id = drug_claims.scheme_id
    inner join charges
        on
            sides.entity_code = charges.entity_code
            and sides.data_month = charges.month
            and drug_claims.code = upper(charges.drug_group)
            and (drug_claims.provider_code is null or drug_claims.provider_code = charges.provider_code)

),

groups as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        drug_group,
        sum(case when is_now then units else 0 end) as units,
        sum(case when is_now and is_biosimilar then units else 0 end) as biosimilar_units,
        sum(case when is_now then charged_amount else 0 end) as cost,
        sum(case when not is_now then units else 0 end) as baseline_units,
        sum(case when not is_now and is_biosimilar then units else 0 end) as baseline_biosimilar_units,
        sum(case when not is_now then charged_amount else 0 end) as baseline_charge
    from claimed_lines
    group by entity_code, financial_year, scheme_id, month, drug_group

),

-- what the units would have cost at the average price of the baseline: its prices in its shares
priced as (

    select
        *,
        case
            when baseline_units > 0
                then
                    cast(
                        round(
                            cast(units as double) * cast(baseline_charge as double) / cast(baseline_units as double), 2
                        )
                        as decimal(18, 2)
                    )
        end as expected_cost
    from groups

),

sums as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        sum(units) as units,
        sum(biosimilar_units) as biosimilar_units,
        sum(baseline_units) as baseline_units,
        sum(baseline_biosimilar_units) as baseline_biosimilar_units,
        sum(cost) as cost,
        sum(expected_cost) as expected_cost,
        min(case when units <> 0 and expected_cost is null then drug_group end) as group_without_baseline
    from priced
    group by entity_code, financial_year, scheme_id, month

),

-- a provider that charged the drug in the baseline and has sent no charge of the month
silent_providers as (

    select
        claimed_lines.entity_code,
        claimed_lines.financial_year,
        claimed_lines.scheme_id,
        claimed_lines.month,
        min(claimed_lines.provider_code) as silent_provider
    from claimed_lines
    left join charging_providers
        on
            claimed_lines.entity_code = charging_providers.entity_code
            and claimed_lines.month = charging_providers.month
            and claimed_lines.provider_code = charging_providers.provider_code
    where
        not claimed_lines.is_now
        and charging_providers.provider_code is null
    group by claimed_lines.entity_code, claimed_lines.financial_year, claimed_lines.scheme_id, claimed_lines.month

),

scheme_baselines as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        baseline_name,
        min(baseline_month) as first_baseline_month
    from baselines
    group by entity_code, financial_year, scheme_id, month, baseline_name

),

reasoned as (

    select
        own_claims.entity_code,
        own_claims.financial_year,
        own_claims.scheme_id,
        own_claims.month,
        scheme_drugs.drug_groups,
        scheme_baselines.baseline_name,
        scheme_baselines.first_baseline_month,
        sums.units,
        sums.biosimilar_units,
        sums.baseline_units,
        sums.baseline_biosimilar_units,
        sums.cost,
        sums.expected_cost,
        case
            when scheme_drugs.drug_groups is null then 'the plan names no drug that it saves on'
            when scheme_baselines.baseline_name is null then 'no baseline is set for it'
            when coalesce(sums.baseline_units, 0) <= 0
                then
                    concat(
                        'charges of the baseline (',
                        left(cast(scheme_baselines.first_baseline_month as string), 7), ') are not received'
                    )
            when sums.group_without_baseline is not null
                then concat('the baseline has no charge for ', sums.group_without_baseline)
            when silent_providers.silent_provider is not null
                then
                    concat(
                        'charges of ', silent_providers.silent_provider, ' for ',
                        left(cast(own_claims.month as string), 7), ' are not received'
                    )
        end as awaiting_reason
    from own_claims
    left join scheme_drugs
        on
            own_claims.entity_code = scheme_drugs.entity_code
            and own_claims.financial_year = scheme_drugs.financial_year
            and own_claims.scheme_id = scheme_drugs.scheme_id
    left join scheme_baselines
        on
            own_claims.entity_code = scheme_baselines.entity_code
            and own_claims.financial_year = scheme_baselines.financial_year
            and own_claims.scheme_id = scheme_baselines.scheme_id
            and own_claims.month = scheme_baselines.month
    left join sums
        on
            own_claims.entity_code = sums.entity_code
            and own_claims.financial_year = sums.financial_year
            and own_claims.scheme_id = sums.scheme_id
            and own_claims.month = sums.month
    left join silent_providers
        on
            own_claims.entity_code = silent_providers.entity_code
            and own_claims.financial_year = silent_providers.financial_year
            and own_claims.scheme_id = silent_providers.scheme_id
            and own_claims.month = silent_providers.month

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        drug_groups,
        baseline_name,
        first_baseline_month,
        awaiting_reason,
        units,
        case
            when awaiting_reason is null
                then cast(biosimilar_units as double) / nullif(cast(units as double), 0)
        end as biosimilar_share,
        case
            when awaiting_reason is null
                then cast(baseline_biosimilar_units as double) / nullif(cast(baseline_units as double), 0)
        end as baseline_biosimilar_share,
        case when awaiting_reason is null then cast(cost as decimal(18, 2)) end as cost,
        case when awaiting_reason is null then cast(expected_cost as decimal(18, 2)) end as expected_cost,
        case when awaiting_reason is null then cast(expected_cost - cost as decimal(18, 2)) end as saving
    from reasoned

)

select * from final
