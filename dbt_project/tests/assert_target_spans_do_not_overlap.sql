-- Fails on two targets of one scope that apply on one day: which of them is used would be chance.
with targets as (

    select
        *,
        coalesce(org_type, '') as scope_type,
        coalesce(org_code, '') as scope_code,
        coalesce(valid_from, make_date(1900, 1, 1)) as first_day,
        coalesce(valid_to, make_date(9999, 12, 31)) as last_day
    from {{ ref('indicator_target') }}

),

followed as (

    select
        *,
        lead(first_day) over (
            partition by indicator_id, version, scope_type, scope_code order by first_day, last_day
        ) as next_first_day
    from targets

)

select * from followed
where next_first_day <= last_day
