-- One row per savings scheme with a method and month: what the feeds show, by whichever method the plan names.
-- patient_count and unit_price are there where the saving is made from counts of patients: readers are shown it
-- rounded.
{%- set nothing = [
    'baseline_cost', 'cost', 'price_effect', 'volume_effect', 'mix_effect', 'list_effect', 'nic_saving',
    'actual_cost_saving'
] %}
with price_volumes as (

    select * from {{ ref('int_evidence__price_volume') }}

),

drug_switches as (

    select * from {{ ref('int_evidence__drug_switch') }}

),

rebates as (

    select * from {{ ref('int_evidence__rebate') }}

),

drug_challenges as (

    select * from {{ ref('int_evidence__drug_challenge') }}

),

activities as (

    select * from {{ ref('int_evidence__activity') }}

),

tolerances as (

    select * from {{ ref('int_evidence__tolerance') }}

),

of_prescribing as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        'prescribing_price_volume' as method,
        case when has_cost_break then nic_saving else actual_cost_saving end as evidenced,
        awaiting_reason,
        has_cost_break,
        concat(
            case when has_cost_break then 'Net ingredient cost' else 'Actual cost' end,
            ' of BNF ',
            prefixes,
            ' against ',
            baseline_name, ' (', left(cast(first_baseline_month as string), 7), ')',
            case when is_list_adjusted then ', grown with the list' else '' end,
            case
                when has_cost_break
                    then '; actual cost is worked out in another way from April 2024 and cannot be compared'
                else ''
            end
        ) as basis,
        case when has_cost_break then baseline_nic else baseline_actual_cost end as baseline_cost,
        case when has_cost_break then nic else actual_cost end as cost,
        case when has_cost_break then nic_price_effect else actual_cost_price_effect end as price_effect,
        case when has_cost_break then nic_volume_effect else actual_cost_volume_effect end as volume_effect,
        case when has_cost_break then nic_mix_effect else actual_cost_mix_effect end as mix_effect,
        case when has_cost_break then nic_list_effect else actual_cost_list_effect end as list_effect,
        nic_saving,
        actual_cost_saving,
        cast(null as decimal(18, 2)) as patient_count,
        cast(null as decimal(18, 2)) as baseline_patient_count,
        cast(null as decimal(18, 4)) as unit_price
    from price_volumes

),

of_switches as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        'drug_switch' as method,
        saving as evidenced,
        awaiting_reason,
        false as has_cost_break,
        concat(
            'Charges for ',
            drug_groups,
            ': the units at the prices and the share of biosimilars of ',
            baseline_name,
            ' (',
            left(cast(first_baseline_month as string), 7), ')'
        ) as basis,
        expected_cost as baseline_cost,
        cost,
        {% for name in nothing[2:] -%}
            cast(null as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        cast(null as decimal(18, 2)) as patient_count,
        cast(null as decimal(18, 2)) as baseline_patient_count,
        cast(null as decimal(18, 4)) as unit_price
    from drug_switches

),

of_rebates as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        'rebate' as method,
        saving as evidenced,
        awaiting_reason,
        false as has_cost_break,
        concat('Rebates ', terms, ': what was claimed from the companies, up to what is due by the terms') as basis,
        {% for name in nothing -%}
            cast(null as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        cast(null as decimal(18, 2)) as patient_count,
        cast(null as decimal(18, 2)) as baseline_patient_count,
        cast(null as decimal(18, 4)) as unit_price
    from rebates

),

of_challenges as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        'drug_challenge' as method,
        saving as evidenced,
        awaiting_reason,
        false as has_cost_break,
        'Charges challenged by the rules: what the first charge of the month asked and the newest does not' as basis,
        {% for name in nothing -%}
            cast(null as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        cast(null as decimal(18, 2)) as patient_count,
        cast(null as decimal(18, 2)) as baseline_patient_count,
        cast(null as decimal(18, 4)) as unit_price
    from drug_challenges

),

of_activity as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        'activity' as method,
        saving as evidenced,
        awaiting_reason,
        false as has_cost_break,
        concat('Activity avoided at ', points, ' against ', baseline_name, ', at the prices of the contract plan')
            as basis,
        {% for name in nothing -%}
            cast(null as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        activity as patient_count,
        expected as baseline_patient_count,
        unit_price
    from activities

),

of_tolerances as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        'contract_tolerance' as method,
        saving as evidenced,
        awaiting_reason,
        false as has_cost_break,
        concat('Block contract of ', points, ': activity below the tolerance of the year to date, at the marginal rate')
            as basis,
        {% for name in nothing -%}
            cast(null as decimal(18, 2)) as {{ name }},
        {% endfor -%}
        activity as patient_count,
        cast(null as decimal(18, 2)) as baseline_patient_count,
        unit_amount as unit_price
    from tolerances

),

savings as (

    select * from of_prescribing
    union all
    select * from of_switches
    union all
    select * from of_rebates
    union all
    select * from of_challenges
    union all
    select * from of_activity
    union all
    select * from of_tolerances

)

select * from savings
