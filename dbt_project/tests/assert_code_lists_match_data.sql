-- Warns of a code prefix that matches no presentation of its feed: a recode may have moved the codes away.
{{ config(severity='warn') }}

with prefixes as (

    select * from {{ ref('component_bnf_prefix') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

codes as (

    select distinct
        dataset,
        mapped_bnf_code
    from {{ ref('int_prescribing__presentation') }}

),

loaded as (

    select distinct dataset from codes

)

select
    prefixes.component_id,
    prefixes.bnf_prefix
from prefixes
inner join components on prefixes.component_id = components.component_id
inner join loaded on components.dataset = loaded.dataset
left join codes
    on
        components.dataset = codes.dataset
        and codes.mapped_bnf_code like concat(prefixes.bnf_prefix, '%')
group by prefixes.component_id, prefixes.bnf_prefix
having count(codes.mapped_bnf_code) = 0
