-- One row per practice, month and measure.
with referrals as (

    select * from {{ ref('stg_experience__ers_referrals') }}

),

measured as (

    select
        practice_code as org_code,
        month,
        'numerator' as measure,
        referrals_ers as number
    from referrals
    union all
    select
        practice_code as org_code,
        month,
        'denominator' as measure,
        referrals_all as number
    from referrals

),

counted as (

    select
        'ers_referrals' as dataset,
        org_code,
        month,
        'ERS' as code,
        measure,
        cast(number as decimal(28, 5)) as value
    from measured

)

select * from counted
