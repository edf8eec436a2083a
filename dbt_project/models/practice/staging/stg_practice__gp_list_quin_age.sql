-- One row per list snapshot, practice, sex and five-year age band, with the publisher's ALL rows; practices only.
with gp_list_quin_age as (

    select * from {{ source('feed', 'gp_list_quin_age') }}

),

practices as (

    select
        period as snapshot_month,
        org_code as practice_code,
        upper(sex) as sex,
        upper(age_group_5) as age_group_5,
        number_of_patients,
        coalesce(upper(sex) = 'ALL' or upper(age_group_5) = 'ALL', false) as is_total_row
    from gp_list_quin_age
    where upper(org_type) = 'GP'

)

select * from practices
