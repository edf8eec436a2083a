-- One row per snapshot dataset and month that one of its snapshots serves.
with snapshot_month as (

    select * from {{ source('feed', 'snapshot_month') }}

),

renamed as (

    select
        dataset,
        month,
        period as snapshot_month
    from snapshot_month

)

select * from renamed
