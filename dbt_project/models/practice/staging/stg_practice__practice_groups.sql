-- One row per practice, kind of group and first day of membership.
with practice_groups as (

    select * from {{ source('feed', 'practice_groups') }}

),

renamed as (

    select
        practice_code,
        lower(org_type) as org_type,
        org_code,
        org_name,
        valid_from,
        valid_to
    from practice_groups

)

select * from renamed
