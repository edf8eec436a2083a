-- One row per practice, year end and disease register.
with qof_prevalence as (

    select * from {{ source('feed', 'qof_prevalence') }}

),

renamed as (

    select
        period as month,
        practice_code,
        group_code,
        register,
        patient_list_type,
        practice_list_size
    from qof_prevalence

)

select * from renamed
