-- One row per measure of a provider-month and specialty in one bulk submission.
with profiles as (

    select * from {{ source('feed', 'sus_profile') }}

),

renamed as (

    select
        dataset,
        provider_code,
        treatment_function_code,
        month,
        submission_id,
        measure,
        value
    from profiles

)

select * from renamed
