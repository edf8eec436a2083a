-- One row per commissioner, provider, point of delivery and month that the provider's submission is in force for,
-- unless a gate withholds some of it: how often the patients of the commissioner's practices were there; 0 where the
-- submission has none (observed zero).
with points as (

    select * from {{ ref('point_of_delivery_component') }}

),

definitions as (

    select * from {{ ref('component_definition') }}

),

components as (

    select * from {{ ref('int_sus__provider_component') }}

),

scopes as (

    select * from {{ ref('stg_sus__scope') }}

),

withheld as (

    select * from {{ ref('stg_ledger__withheld') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

own_commissioners as (

    select own_commissioners.entity_code
    from {{ own_commissioners() }}

),

-- one of the two emergency feeds will do; admissions need spells and episodes
received as (

    select
        provider_code,
        month,
        max(case when dataset in ('sus_aea', 'sus_ec') then 1 else 0 end) = 1 as has_emergency,
        max(case when dataset = 'sus_apcs' then 1 else 0 end) = 1 as has_spells,
        max(case when dataset = 'sus_apce' then 1 else 0 end) = 1 as has_episodes,
        max(case when dataset = 'sus_opa' then 1 else 0 end) = 1 as has_appointments
    from scopes
    where is_in_force
    group by provider_code, month

),

point_months as (

    select distinct
        points.point_of_delivery,
        received.provider_code,
        received.month
    from points
    inner join definitions on points.component_id = definitions.component_id
    inner join received
        on
            case definitions.dataset
                when 'sus_ae' then received.has_emergency
                when 'sus_apc' then received.has_spells and received.has_episodes
                when 'sus_op' then received.has_appointments
            end
    left join withheld
        on
            definitions.dataset = withheld.dataset
            and received.month = withheld.month
            and (withheld.provider_code is null or received.provider_code = withheld.provider_code)
    where withheld.dataset is null

),

counts as (

    select
        memberships.org_code as entity_code,
        points.point_of_delivery,
        components.provider_code,
        components.month,
        sum(components.value * points.sign) as activity
    from components
    inner join points on components.component_id = points.component_id
    left join code_map
        on
            code_map.org_view = 'as_at'
            and components.month = code_map.month
            and components.practice_code = code_map.practice_code
    inner join memberships
        on
            memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
            and components.month = memberships.month
            and coalesce(code_map.mapped_practice_code, components.practice_code) = memberships.practice_code
    group by memberships.org_code, points.point_of_delivery, components.provider_code, components.month

),

final as (

    select
        own_commissioners.entity_code,
        point_months.point_of_delivery,
        point_months.provider_code,
        point_months.month,
        cast(coalesce(counts.activity, 0) as decimal(18, 2)) as activity
    from point_months
    cross join own_commissioners
    left join counts
        on
            own_commissioners.entity_code = counts.entity_code
            and point_months.point_of_delivery = counts.point_of_delivery
            and point_months.provider_code = counts.provider_code
            and point_months.month = counts.month

)

select * from final
