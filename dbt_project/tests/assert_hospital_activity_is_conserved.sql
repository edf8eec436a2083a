-- Fails where components do not add up to the activity they are made from, by provider and month: nothing is lost or
-- counted twice on the way from records to practices.
with attendances as (

    select * from {{ ref('int_sus__attendance') }}

),

spells as (

    select * from {{ ref('int_sus__spell') }}

),

appointments as (

    select * from {{ ref('int_sus__appointment') }}

),

provider_components as (

    select * from {{ ref('int_sus__provider_component') }}

),

practice_components as (

    select * from {{ ref('int_sus__practice_component') }}

),

activity as (

    select
        'sus_ae_attendances' as component_id,
        month,
        count(*) as value
    from attendances
    where practice_code is not null
    group by month

    union all

    select
        'sus_emergency_admissions' as component_id,
        month,
        count(distinct spell_key) as value
    from spells
    where
        practice_code is not null
        and is_emergency
    group by month

    union all

    select
        'sus_op_attendances' as component_id,
        month,
        count(*) as value
    from appointments
    where practice_code is not null
    group by month

),

of_providers as (

    select
        component_id,
        month,
        sum(value) as value
    from provider_components
    group by component_id, month

),

of_practices as (

    select
        component_id,
        month,
        sum(value) as value
    from practice_components
    group by component_id, month
    having sum(value) <> 0

),

differences as (

    select
        coalesce(of_providers.component_id, of_practices.component_id) as component_id,
        coalesce(of_providers.month, of_practices.month) as month,
        of_providers.value as provider_value,
        of_practices.value as practice_value
    from of_providers
    full outer join of_practices
        on
            of_providers.component_id = of_practices.component_id
            and of_providers.month = of_practices.month
    where of_providers.value is distinct from of_practices.value

    union all

    select
        activity.component_id,
        activity.month,
        activity.value as provider_value,
        of_practices.value as practice_value
    from activity
    left join of_practices
        on
            activity.component_id = of_practices.component_id
            and activity.month = of_practices.month
    where
        activity.value <> 0
        and activity.value is distinct from of_practices.value

)

select * from differences
