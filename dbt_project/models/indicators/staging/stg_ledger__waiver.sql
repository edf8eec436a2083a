-- One row per waiver in force and rule: what somebody accepts of what the gates found.
with waivers as (

    select * from {{ source('feed', 'waiver') }}

),

renamed as (

    select
        waiver_id,
        suite,
        stage,
        check_id,
        month,
        provider_code,
        treatment_function_code,
        practice_code,
        rule,
        granted_by,
        reason,
        granted_at,
        valid_until
    from waivers

)

select * from renamed
