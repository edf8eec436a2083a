-- One row per quarter and practice.
with carr_hill_list as (

    select * from {{ source('feed', 'carr_hill_list') }}

),

renamed as (

    select
        period as snapshot_month,
        practice_code,
        practice_list_size,
        practice_normalised_weighted_list_size as carr_hill_weighted_list
    from carr_hill_list

)

select * from renamed
