-- One row per practice, year end, indicator and measure.
with qof_achievement as (

    select * from {{ source('feed', 'qof_achievement') }}

),

renamed as (

    select
        period as month,
        practice_code,
        indicator_code,
        measure,
        value
    from qof_achievement

)

select * from renamed
