-- One row per list snapshot and practice: everybody on the list.
with gp_list_totals as (

    select * from {{ source('feed', 'gp_list_totals') }}

),

practices as (

    select
        period as snapshot_month,
        code as practice_code,
        number_of_patients
    from gp_list_totals
    where
        upper(type) = 'GP'
        and upper(sex) = 'ALL'
        and upper(age) = 'ALL'

)

select * from practices
