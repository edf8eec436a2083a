-- One row per view, organisation, result month, window length and component: the sum over the window.
with component_months as (

    select * from {{ ref('int_indicators__org_component_month') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

needed as (

    select
        numerator_component_id as component_id,
        window_months
    from definitions

    union

    select
        denominator_component_id as component_id,
        window_months
    from definitions

),

contributions as (

    select
        component_months.org_view,
        component_months.org_type,
        component_months.org_code,
        result_months.month,
        needed.window_months,
        component_months.component_id,
        component_months.value
    from component_months
    inner join needed on component_months.component_id = needed.component_id
    inner join calendar as value_months on component_months.month = value_months.month
    inner join calendar as result_months
        on
            result_months.is_result_month
            and value_months.month_index <= result_months.month_index
            and result_months.month_index < value_months.month_index + needed.window_months

),

summed as (

    select
        org_view,
        org_type,
        org_code,
        month,
        window_months,
        component_id,
        cast(sum(value) as decimal(28, 5)) as value
    from contributions
    group by org_view, org_type, org_code, month, window_months, component_id

)

select * from summed
