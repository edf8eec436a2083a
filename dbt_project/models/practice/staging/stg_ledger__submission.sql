-- One row per submission ever landed and period.
with submission as (

    select * from {{ source('feed', 'submission') }}

),

renamed as (

    select
        dataset,
        submission_id,
        file_name,
        period as month,
        rows_read,
        rows_accepted,
        rows_quarantined,
        received_at,
        is_current
    from submission

)

select * from renamed
