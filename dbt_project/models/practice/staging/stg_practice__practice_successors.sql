-- One row per predecessor, successor and effective date.
with practice_successors as (

    select * from {{ source('feed', 'practice_successors') }}

),

dated as (

    select
        predecessor_code,
        successor_code,
        -- the lineage layout has no date of succession: it starts with the month after the predecessor's last patients
        coalesce(
            effective_date, cast(last_day(last_month_with_patients) + interval '1 day' as date)
        ) as effective_date
    from practice_successors

),

distinct_rows as (

    select distinct
        predecessor_code,
        successor_code,
        effective_date
    from dated
    where predecessor_code is distinct from successor_code

)

select * from distinct_rows
