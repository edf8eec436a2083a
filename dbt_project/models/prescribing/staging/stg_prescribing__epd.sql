-- One row per row of the current submissions: practice, presentation and quantity per item in one month.
with epd as (

    select * from {{ source('feed', 'epd') }}

),

renamed as (

    select
        period as month,
        practice_code,
        bnf_code,
        items,
        total_quantity,
        nic,
        actual_cost,
        coalesce(upper(unidentified) = 'Y', false) as is_unidentified
    from epd

)

select * from renamed
