-- Fails on a component that matches by code list and includes no code: an empty list must stop the build, not match
-- nothing (or everything) in silence; and on a code list of a component that does not use it.
with definitions as (

    select * from {{ ref('component_definition') }}

),

prefixes as (

    select * from {{ ref('component_bnf_prefix') }}

),

counted as (

    select
        definitions.component_id,
        definitions.code_match,
        count(prefixes.component_id) as prefix_count,
        sum(case when not prefixes.is_excluded then 1 else 0 end) as include_count
    from definitions
    left join prefixes on definitions.component_id = prefixes.component_id
    group by definitions.component_id, definitions.code_match

)

select * from counted
where
    (code_match = 'prefix' and include_count = 0)
    or (code_match is distinct from 'prefix' and prefix_count > 0)
