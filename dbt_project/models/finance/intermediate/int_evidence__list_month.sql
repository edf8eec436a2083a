-- One row per commissioner and month: registered patients of its practices.
with lists as (

    select * from {{ ref('int_practice__list_component') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

mapped as (

    select
        lists.month,
        coalesce(code_map.mapped_practice_code, lists.practice_code) as practice_code,
        lists.value
    from lists
    left join code_map
        on
            code_map.org_view = 'as_at'
            and lists.month = code_map.month
            and lists.practice_code = code_map.practice_code
    where lists.component_id = 'list_size'

),

final as (

    select
        memberships.org_code as entity_code,
        mapped.month,
        cast(sum(mapped.value) as decimal(28, 5)) as list_size
    from mapped
    inner join memberships
        on
            memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
            and mapped.month = memberships.month
            and mapped.practice_code = memberships.practice_code
    group by memberships.org_code, mapped.month

)

select * from final
