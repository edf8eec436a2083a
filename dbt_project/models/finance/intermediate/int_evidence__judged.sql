-- One row per entity, financial year, savings scheme and month up to its newest report: claimed beside evidenced,
-- judged. What is made from counts of patients is judged exactly, and shown rounded: rounded_to is the step, null for
-- all other.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

savings as (

    select * from {{ ref('int_evidence__saving') }}

),

config as (

    select * from {{ ref('evidence_config') }}

),

suppression as (

    select * from {{ ref('suppression_rule') }}
    where is_active

),

thresholds as (

    select
        max(case when parameter = 'contradiction_share' then cast(value as decimal(9, 4)) end) as contradiction_share,
        max(
            case when parameter = 'contradiction_minimum' then cast(value as decimal(18, 2)) end
        ) as contradiction_minimum
    from config
    where parameter in ('contradiction_share', 'contradiction_minimum')

),

compared as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.scheme_name,
        claims.lead,
        claims.month,
        claims.reported_month,
        claims.evidence_method,
        claims.claimed,
        savings.method,
        savings.evidenced,
        claims.claimed - savings.evidenced as difference,
        savings.awaiting_reason,
        savings.basis,
        coalesce(savings.has_cost_break, false) as has_cost_break,
        savings.baseline_cost,
        savings.cost,
        savings.price_effect,
        savings.volume_effect,
        savings.mix_effect,
        savings.list_effect,
        savings.nic_saving,
        savings.actual_cost_saving,
        savings.patient_count,
        savings.baseline_patient_count,
        savings.unit_price,
        thresholds.contradiction_share,
        thresholds.contradiction_minimum,
        case
            when savings.unit_price is not null
                then greatest(suppression.round_cost_to, suppression.round_to * savings.unit_price)
        end as rounded_to,
        coalesce(
            savings.patient_count between suppression.hide_from and suppression.hide_to
            or savings.baseline_patient_count between suppression.hide_from and suppression.hide_to, false
        ) as is_hidden
    from claims
    left join savings
        on
            claims.entity_code = savings.entity_code
            and claims.financial_year = savings.financial_year
            and claims.scheme_id = savings.scheme_id
            and claims.month = savings.month
    cross join thresholds
    cross join suppression

),

final as (

    select
        *,
        case
            when method is null then 'not_visible'
            when claimed is null or evidenced is null then 'awaiting'
            when
                claimed > 0
                and difference > contradiction_minimum
                and difference > contradiction_share * abs(claimed)
                then 'contradicted'
            -- too little to ask about is not shown either; nothing claimed is nothing to support
            when difference > contradiction_share * abs(claimed) then 'not_judged'
            else 'supported'
        end as state,
        case
            when method is null and evidence_method = 'none' then 'the plan names no method: no feed shows it'
            when method is null
                then concat('the feeds of this commissioner cannot show it by the method ', evidence_method)
            when awaiting_reason is not null then awaiting_reason
            when claimed is null then 'no saving is reported for the month'
            when claimed <= 0 and difference > contradiction_share * abs(claimed)
                then 'no saving is claimed that the feeds could show'
            when difference > contradiction_share * abs(claimed) and difference <= contradiction_minimum
                then 'the feeds do not show the claim and the difference is too small to ask about'
        end as state_reason,
        -- what readers may be shown of the difference
        case
            when is_hidden then null
            when rounded_to is null then difference
            else claimed - cast(round(cast(evidenced as double) / rounded_to) * rounded_to as decimal(18, 2))
        end as shown_difference
    from compared

)

select * from final
