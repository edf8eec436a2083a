-- One row per predecessor, successor and effective date, with the verdict whether it is followed.
with successions as (

    select * from {{ ref('stg_practice__practice_successors') }}

),

counted as (

    select
        predecessor_code,
        effective_date,
        count(*) as successor_count
    from successions
    group by predecessor_code, effective_date

),

judged as (

    select
        successions.predecessor_code,
        successions.successor_code,
        successions.effective_date,
        case
            when successions.effective_date is null then 'undated_succession'
            when counted.successor_count > 1 then 'conflicting_succession'
        end as issue
    from successions
    inner join counted
        on
            successions.predecessor_code = counted.predecessor_code
            and successions.effective_date is not distinct from counted.effective_date

)

select * from judged
