-- One row per row of the current submissions: practice, presentation and age band in one month.
with epact2_age_band as (

    select * from {{ source('feed', 'epact2_age_band') }}

),

renamed as (

    select
        period as month,
        practice_code,
        bnf_code,
        upper(age_band) as age_band,
        items,
        total_quantity,
        nic,
        actual_cost
    from epact2_age_band

)

select * from renamed
