-- One row per hospital component, practice code, and month in which the component can be counted; 0 where an expected
-- practice, or one with other activity in the dataset, has none (observed zero).
with provider_components as (

    select * from {{ ref('int_sus__provider_component') }}

),

component_months as (

    select * from {{ ref('int_sus__component_month') }}

),

expected as (

    select * from {{ ref('int_practice__expected') }}

),

sums as (

    select
        component_months.dataset,
        provider_components.component_id,
        provider_components.practice_code,
        provider_components.month,
        sum(provider_components.value) as value
    from provider_components
    inner join component_months
        on
            provider_components.component_id = component_months.component_id
            and provider_components.month = component_months.month
    group by
        component_months.dataset, provider_components.component_id, provider_components.practice_code,
        provider_components.month

),

datasets as (

    select distinct
        dataset,
        month
    from component_months

),

practices as (

    select
        datasets.dataset,
        datasets.month,
        expected.practice_code
    from datasets
    inner join expected on datasets.month = expected.month

    union

    select
        dataset,
        month,
        practice_code
    from sums

),

final as (

    select
        component_months.dataset,
        component_months.component_id,
        practices.practice_code,
        component_months.month,
        cast(coalesce(sums.value, 0) as decimal(28, 5)) as value,
        component_months.month as data_month
    from component_months
    inner join practices
        on
            component_months.dataset = practices.dataset
            and component_months.month = practices.month
    left join sums
        on
            component_months.component_id = sums.component_id
            and component_months.month = sums.month
            and practices.practice_code = sums.practice_code

)

select * from final
