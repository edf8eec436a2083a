-- One row per activity dataset and month with a submission in force: how settled its least settled provider is, from
-- 1 (estimate) to 4 (final).
with scopes as (

    select * from {{ ref('stg_sus__scope') }}

),

settled as (

    select
        {{ activity_dataset('dataset') }} as dataset,
        month,
        min(
            case activity_status
                when 'estimate' then 1
                when 'flex' then 2
                when 'freeze' then 3
                when 'final' then 4
            end
        ) as settledness
    from scopes
    where is_in_force
    group by {{ activity_dataset('dataset') }}, month

)

select * from settled
