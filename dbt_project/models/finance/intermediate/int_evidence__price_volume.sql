-- One row per entity, savings scheme of prescribing and month: what its medicines cost against the baseline, and why.
{%- set measures = ['nic', 'actual_cost'] %}
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

baselines as (

    select * from {{ ref('int_evidence__baseline_month') }}

),

presentations as (

    select * from {{ ref('int_evidence__scheme_presentation') }}

),

prescribing_months as (

    select * from {{ ref('int_finance__prescribing_month') }}

),

list_months as (

    select * from {{ ref('int_evidence__list_month') }}

),

config as (

    select * from {{ ref('evidence_config') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

-- what a gate withholds is no saving
loaded as (

    select
        entity_code,
        month
    from prescribing_months
    where not is_withheld

),

cost_break as (

    select cast(value as date) as break_month from config
    where parameter = 'cost_break_month'

),

scheme_prefixes as (

    select
        entity_code,
        financial_year,
        scheme_id,
        {{ joined_text('code', 'code') }} as prefixes
    from scheme_claims
    where kind = 'bnf'
    group by entity_code, financial_year, scheme_id

),

-- what the baseline of each month needs, and how much of it is there
baseline_sums as (

    select
        baselines.entity_code,
        baselines.financial_year,
        baselines.scheme_id,
        baselines.month,
        baselines.baseline_name,
        baselines.is_list_adjusted,
        baselines.baseline_months,
        min(baselines.baseline_month) as first_baseline_month,
        count(loaded.month) as baseline_months_loaded,
        count(list_months.month) as baseline_lists,
        sum(list_months.list_size) as baseline_list_sum,
        max(
            case
                when
                    (baselines.baseline_month < cost_break.break_month)
                    <> (baselines.month < cost_break.break_month)
                    then 1
                else 0
            end
        ) = 1 as has_cost_break
    from baselines
    cross join cost_break
    left join loaded
        on
            baselines.entity_code = loaded.entity_code
            and baselines.baseline_month = loaded.month
    left join list_months
        on
            baselines.entity_code = list_months.entity_code
            and baselines.baseline_month = list_months.month
    group by
        baselines.entity_code, baselines.financial_year, baselines.scheme_id, baselines.month,
        baselines.baseline_name, baselines.is_list_adjusted, baselines.baseline_months

),

scheme_months as (

    select
        claims.entity_code,
        claims.financial_year,
        claims.scheme_id,
        claims.month,
        scheme_prefixes.prefixes,
        baseline_sums.baseline_name,
        baseline_sums.first_baseline_month,
        coalesce(baseline_sums.has_cost_break, false) as has_cost_break,
        coalesce(baseline_sums.is_list_adjusted, false) as is_list_adjusted,
        case
            when baseline_sums.is_list_adjusted and baseline_sums.baseline_lists = baseline_sums.baseline_months
                then
                    cast(list_months.list_size as double) * baseline_sums.baseline_months
                    / nullif(cast(baseline_sums.baseline_list_sum as double), 0)
            when not baseline_sums.is_list_adjusted then cast(1 as double)
        end as list_factor,
        case
            when scheme_prefixes.prefixes is null then 'the plan names no BNF code that it saves on'
            when baseline_sums.baseline_name is null then 'no baseline is set for it'
            when loaded.month is null
                then concat('prescribing of ', left(cast(claims.month as string), 7), ' is not received')
            when baseline_sums.baseline_months_loaded < baseline_sums.baseline_months
                then
                    concat(
                        'prescribing of the baseline (',
                        left(cast(baseline_sums.first_baseline_month as string), 7), ') is not received'
                    )
            when
                baseline_sums.is_list_adjusted
                and (list_months.month is null or baseline_sums.baseline_lists < baseline_sums.baseline_months)
                then 'a list of patients is not received'
        end as awaiting_reason
    from claims
    left join scheme_prefixes
        on
            claims.entity_code = scheme_prefixes.entity_code
            and claims.financial_year = scheme_prefixes.financial_year
            and claims.scheme_id = scheme_prefixes.scheme_id
    left join baseline_sums
        on
            claims.entity_code = baseline_sums.entity_code
            and claims.financial_year = baseline_sums.financial_year
            and claims.scheme_id = baseline_sums.scheme_id
            and claims.month = baseline_sums.month
    left join loaded
        on
            claims.entity_code = loaded.entity_code
            and claims.month = loaded.month
    left join list_months
        on
            claims.entity_code = list_months.entity_code
            and claims.month = list_months.month
    where
        claims.evidence_method = 'prescribing_price_volume'
        and {{ is_own('claims.entity_code') }}

),

-- of a presentation of both sides, what its quantity costs more than at the unit price of the baseline
priced as (

    select
        *,
    {% for measure in measures -%}
        case
            when quantity > 0 and baseline_quantity > 0
                then
                    {{ measure }} - cast(
                        round(
                            cast(quantity as double) * cast(baseline_{{ measure }} as double)
                            / cast(baseline_quantity as double), 5
                        ) as decimal(28, 5)
                    )
            else 0
        end as {{ measure }}_price_effect{{ '' if loop.last else ',' }}
    {% endfor %}
    from presentations

),

sums as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        sum(items) as items,
        sum(baseline_items) as baseline_items,
    {% for measure in measures -%}
        cast(round(sum({{ measure }}), 2) as decimal(18, 2)) as {{ measure }},
        cast(round(sum(baseline_{{ measure }}), 2) as decimal(18, 2)) as unadjusted_{{ measure }},
        cast(round(sum({{ measure }}_price_effect), 2) as decimal(18, 2))
            as {{ measure }}_price_effect{{ '' if loop.last else ',' }}
    {% endfor %}
    from priced
    group by entity_code, financial_year, scheme_id, month

),

-- a scheme whose medicines nobody had in a month that was received cost nothing: an observed zero
known as (

    select
        scheme_months.*,
        case when scheme_months.awaiting_reason is null then coalesce(sums.items, 0) end as items,
        case
            when scheme_months.awaiting_reason is null
                then
                    cast(
                        round(cast(coalesce(sums.baseline_items, 0) as double) * scheme_months.list_factor, 5)
                        as decimal(28, 5)
                    )
        end as baseline_items,
    {% for measure in measures -%}
        case
            when scheme_months.awaiting_reason is null then coalesce(sums.{{ measure }}, 0)
        end as {{ measure }},
        case
            when scheme_months.awaiting_reason is null then coalesce(sums.unadjusted_{{ measure }}, 0)
        end as unadjusted_{{ measure }},
        case
            when scheme_months.awaiting_reason is null
                then
                    cast(
                        round(
                            cast(coalesce(sums.unadjusted_{{ measure }}, 0) as double) * scheme_months.list_factor, 2
                        ) as decimal(18, 2)
                    )
        end as baseline_{{ measure }},
        case
            when scheme_months.awaiting_reason is null then coalesce(sums.{{ measure }}_price_effect, 0)
        end as {{ measure }}_price_effect{{ '' if loop.last else ',' }}
    {% endfor %}
    from scheme_months
    left join sums
        on
            scheme_months.entity_code = sums.entity_code
            and scheme_months.financial_year = sums.financial_year
            and scheme_months.scheme_id = sums.scheme_id
            and scheme_months.month = sums.month

),

with_volume as (

    select
        *,
    {% for measure in measures -%}
        case
            when awaiting_reason is null
                then
                    cast(
                        round(
                            coalesce(
                                cast(items - baseline_items as double) * cast(baseline_{{ measure }} as double)
                                / nullif(cast(baseline_items as double), 0), 0
                            ), 2
                        ) as decimal(18, 2)
                    )
        end as {{ measure }}_volume_effect{{ '' if loop.last else ',' }}
    {% endfor %}
    from known

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        prefixes,
        baseline_name,
        first_baseline_month,
        is_list_adjusted,
        has_cost_break,
        awaiting_reason,
        items,
        baseline_items,
    {% for measure in measures -%}
        {{ measure }},
        baseline_{{ measure }},
        {{ measure }}_price_effect,
        {{ measure }}_volume_effect,
        {{ measure }} - baseline_{{ measure }} - {{ measure }}_price_effect - {{ measure }}_volume_effect
            as {{ measure }}_mix_effect,
        baseline_{{ measure }} - unadjusted_{{ measure }} as {{ measure }}_list_effect,
        baseline_{{ measure }} - {{ measure }} as {{ measure }}_saving{{ '' if loop.last else ',' }}
    {% endfor %}
    from with_volume

)

select * from final
