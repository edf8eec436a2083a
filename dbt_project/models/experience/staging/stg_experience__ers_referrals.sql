-- One row per month and practice.
with referrals as (

    select * from {{ source('feed', 'ers_referrals') }}

),

renamed as (

    select
        period as month,
        upper(trim(practice_code)) as practice_code,
        referrals_ers,
        referrals_all
    from referrals

)

select * from renamed
