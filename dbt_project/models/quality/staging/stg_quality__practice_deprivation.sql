-- One row per practice and edition of the Index of Multiple Deprivation.
with practice_deprivation as (

    select * from {{ source('feed', 'practice_deprivation') }}

),

renamed as (

    select
        practice_code,
        cast(extract(year from imd_year) as integer) as imd_year,
        imd_score
    from practice_deprivation

)

select * from renamed
