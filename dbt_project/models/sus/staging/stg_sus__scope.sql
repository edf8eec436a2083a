-- One row per vintage of a provider-month of a hospital feed.
with scopes as (

    select * from {{ source('feed', 'sus_scope') }}

),

renamed as (

    select
        dataset,
        provider_code,
        month,
        submission_id,
        protocol,
        activity_status,
        rows,
        received_at,
        extract_at,
        is_base,
        is_in_force
    from scopes

)

select * from renamed
