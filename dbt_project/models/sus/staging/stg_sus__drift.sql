-- One row per frozen provider-month and later submission that differs from it.
with drifts as (

    select * from {{ source('feed', 'sus_drift') }}

),

renamed as (

    select
        dataset,
        provider_code,
        month,
        frozen_submission_id,
        later_submission_id,
        records_added,
        records_removed,
        records_changed
    from drifts

)

select * from renamed
