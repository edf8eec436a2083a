-- One row per replaced presentation code, its new code and the first day of the new code.
with bnf_code_changes as (

    select * from {{ source('feed', 'bnf_code_changes') }}

),

distinct_rows as (

    select distinct
        old_code,
        new_code,
        effective_from
    from bnf_code_changes
    where old_code is distinct from new_code

)

select * from distinct_rows
