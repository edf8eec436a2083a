-- One row per entity, savings scheme of activity and month: attendances or admissions avoided times the price of the
-- contract plan.
with claims as (

    select * from {{ ref('int_evidence__claim') }}

),

scheme_claims as (

    select * from {{ ref('int_evidence__scheme_claim') }}

),

baselines as (

    select * from {{ ref('int_evidence__baseline_month') }}

),

plans as (

    select * from {{ ref('stg_finance__contract_plan') }}
    where version_age = 1

),

activity_months as (

    select * from {{ ref('int_evidence__activity_month') }}

),

own_claims as (

    select * from claims
    where
        evidence_method = 'activity'
        and {{ is_own('entity_code') }}

),

-- providers and points of delivery that a scheme saves at: those that the contract plan prices
cells as (

    select distinct
        own_claims.entity_code,
        own_claims.financial_year,
        own_claims.scheme_id,
        own_claims.month,
        plans.provider_code,
        plans.point_of_delivery,
        plans.unit_price,
        plans.plan_activity
    from own_claims
    inner join scheme_claims
        on
            scheme_claims.kind = 'pod'
            and own_claims.entity_code = scheme_claims.entity_code
            and own_claims.financial_year = scheme_claims.financial_year
            and own_claims.scheme_id = scheme_claims.scheme_id
    inner join plans
        on
            own_claims.entity_code = plans.entity_code
            and own_claims.month = plans.month
            and scheme_claims.code = upper(plans.point_of_delivery)
            and (scheme_claims.provider_code is null or scheme_claims.provider_code = plans.provider_code)

),

baseline_cells as (

    select
        cells.entity_code,
        cells.financial_year,
        cells.scheme_id,
        cells.month,
        cells.provider_code,
        cells.point_of_delivery,
        baselines.baseline_months,
        count(activity_months.month) as months_received,
        sum(activity_months.activity) as activity
    from cells
    inner join baselines
        on
            cells.entity_code = baselines.entity_code
            and cells.financial_year = baselines.financial_year
            and cells.scheme_id = baselines.scheme_id
            and cells.month = baselines.month
    left join activity_months
        on
            cells.entity_code = activity_months.entity_code
            and cells.provider_code = activity_months.provider_code
            and cells.point_of_delivery = activity_months.point_of_delivery
            and baselines.baseline_month = activity_months.month
    group by
        cells.entity_code, cells.financial_year, cells.scheme_id, cells.month, cells.provider_code,
        cells.point_of_delivery, baselines.baseline_months

),

scheme_baselines as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        baseline_name,
        baseline_rule,
        min(baseline_month) as first_baseline_month
    from baselines
    group by entity_code, financial_year, scheme_id, month, baseline_name, baseline_rule

),

compared as (

    select
        cells.entity_code,
        cells.financial_year,
        cells.scheme_id,
        cells.month,
        cells.provider_code,
        cells.point_of_delivery,
        cells.unit_price,
        activity_months.activity,
        case
            when scheme_baselines.baseline_rule = 'plan' then cells.plan_activity
            when baseline_cells.months_received = baseline_cells.baseline_months
                then
                    cast(
                        round(cast(baseline_cells.activity as double) / baseline_cells.baseline_months, 2)
                        as decimal(18, 2)
                    )
        end as expected
    from cells
    left join scheme_baselines
        on
            cells.entity_code = scheme_baselines.entity_code
            and cells.financial_year = scheme_baselines.financial_year
            and cells.scheme_id = scheme_baselines.scheme_id
            and cells.month = scheme_baselines.month
    left join baseline_cells
        on
            cells.entity_code = baseline_cells.entity_code
            and cells.financial_year = baseline_cells.financial_year
            and cells.scheme_id = baseline_cells.scheme_id
            and cells.month = baseline_cells.month
            and cells.provider_code = baseline_cells.provider_code
            and cells.point_of_delivery = baseline_cells.point_of_delivery
    left join activity_months
        on
            cells.entity_code = activity_months.entity_code
            and cells.provider_code = activity_months.provider_code
            and cells.point_of_delivery = activity_months.point_of_delivery
            and cells.month = activity_months.month

),

sums as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        {{ joined_text('concat(point_of_delivery, \'@\', provider_code)', 'point_of_delivery, provider_code') }}
            as points,
        sum(activity) as activity,
        sum(expected) as expected,
        sum(round((expected - activity) * unit_price, 2)) as saving,
        max(unit_price) as unit_price,
        min(case when activity is null then provider_code end) as silent_provider,
        min(case when expected is null then provider_code end) as silent_baseline
    from compared
    group by entity_code, financial_year, scheme_id, month

),

reasoned as (

    select
        own_claims.entity_code,
        own_claims.financial_year,
        own_claims.scheme_id,
        own_claims.month,
        sums.points,
        scheme_baselines.baseline_name,
        sums.activity,
        sums.expected,
        sums.saving,
        sums.unit_price,
        case
            when scheme_baselines.baseline_name is null then 'no baseline is set for it'
            when sums.points is null then 'no contract plan prices what it saves on'
            when sums.silent_provider is not null
                then
                    concat(
                        'activity of ', sums.silent_provider, ' for ', left(cast(own_claims.month as string), 7),
                        ' is not received'
                    )
            when sums.silent_baseline is not null
                then
                    concat(
                        'activity of ', sums.silent_baseline, ' in the baseline (',
                        left(cast(scheme_baselines.first_baseline_month as string), 7), ') is not received'
                    )
        end as awaiting_reason
    from own_claims
    left join sums
        on
            own_claims.entity_code = sums.entity_code
            and own_claims.financial_year = sums.financial_year
            and own_claims.scheme_id = sums.scheme_id
            and own_claims.month = sums.month
    left join scheme_baselines
        on
            own_claims.entity_code = scheme_baselines.entity_code
            and own_claims.financial_year = scheme_baselines.financial_year
            and own_claims.scheme_id = scheme_baselines.scheme_id
            and own_claims.month = scheme_baselines.month

),

final as (

    select
        entity_code,
        financial_year,
        scheme_id,
        month,
        points,
        baseline_name,
        awaiting_reason,
        unit_price,
        case when awaiting_reason is null then cast(activity as decimal(18, 2)) end as activity,
        case when awaiting_reason is null then cast(expected as decimal(18, 2)) end as expected,
        case when awaiting_reason is null then cast(saving as decimal(18, 2)) end as saving
    from reasoned

)

select * from final
