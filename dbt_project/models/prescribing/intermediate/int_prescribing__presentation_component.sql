-- One row per component with a code list and today's presentation code that belongs to it: the expanded code lists.
-- Distinct codes are matched once here; the rows of the feeds then join on equality.
with presentations as (

    select * from {{ ref('int_prescribing__presentation') }}

),

prefixes as (

    select * from {{ ref('component_bnf_prefix') }}

),

codes as (

    select distinct mapped_bnf_code from presentations

),

matches as (

    select
        prefixes.component_id,
        codes.mapped_bnf_code,
        max(case when prefixes.is_excluded then 1 else 0 end) as is_excluded
    from codes
    inner join prefixes on codes.mapped_bnf_code like concat(prefixes.bnf_prefix, '%')
    group by prefixes.component_id, codes.mapped_bnf_code

),

-- an exclusion without an inclusion would need a component with no code list, which a test forbids
members as (

    select
        component_id,
        mapped_bnf_code
    from matches
    where is_excluded = 0

)

select * from members
