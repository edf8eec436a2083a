-- One row per view, organisation (practice after succession, or what it belongs to), month and component.
with component_values as (

    select * from {{ ref('int_indicators__component_value') }}

),

definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

commissioner_components as (

    select * from {{ ref('int_indicators__counted_component') }}
    where org_level = 'commissioner'

),

plans as (

    select * from {{ ref('activity_plan') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

org_views as (

    select 'as_at' as org_view
    union all
    select 'current' as org_view

),

used_components as (

    select numerator_component_id as component_id from definitions
    union
    select denominator_component_id as component_id from definitions
    union
    select component_id from plans

),

practice_values as (

    select
        org_views.org_view,
        coalesce(code_map.mapped_practice_code, component_values.practice_code) as practice_code,
        component_values.month,
        component_values.component_id,
        sum(component_values.value) as value
    from component_values
    inner join used_components on component_values.component_id = used_components.component_id
    cross join org_views
    left join code_map
        on
            org_views.org_view = code_map.org_view
            and component_values.month = code_map.month
            and component_values.practice_code = code_map.practice_code
    group by
        org_views.org_view,
        coalesce(code_map.mapped_practice_code, component_values.practice_code),
        component_values.month,
        component_values.component_id

),

group_values as (

    select
        practice_values.org_view,
        memberships.org_type,
        memberships.org_code,
        practice_values.month,
        practice_values.component_id,
        sum(practice_values.value) as value
    from practice_values
    inner join memberships
        on
            practice_values.org_view = memberships.org_view
            and practice_values.month = memberships.month
            and practice_values.practice_code = memberships.practice_code
    group by
        practice_values.org_view,
        memberships.org_type,
        memberships.org_code,
        practice_values.month,
        practice_values.component_id

),

-- counts of a commissioner whose practices the feed does not know
commissioner_values as (

    select
        org_views.org_view,
        commissioner_components.org_code,
        commissioner_components.month,
        commissioner_components.component_id,
        commissioner_components.value
    from commissioner_components
    inner join used_components on commissioner_components.component_id = used_components.component_id
    cross join org_views

),

all_levels as (

    select
        org_view,
        'practice' as org_type,
        practice_code as org_code,
        month,
        component_id,
        cast(value as decimal(28, 5)) as value
    from practice_values

    union all

    select
        org_view,
        org_type,
        org_code,
        month,
        component_id,
        cast(value as decimal(28, 5)) as value
    from group_values

    union all

    select
        org_view,
        'commissioner' as org_type,
        org_code,
        month,
        component_id,
        cast(value as decimal(28, 5)) as value
    from commissioner_values

)

select * from all_levels
