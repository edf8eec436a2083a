-- One row per dataset and month: is the month loaded, or served by a snapshot.
with data_month as (

    select * from {{ source('feed', 'data_month') }}

),

renamed as (

    select
        dataset,
        month,
        is_loaded
    from data_month

)

select * from renamed
