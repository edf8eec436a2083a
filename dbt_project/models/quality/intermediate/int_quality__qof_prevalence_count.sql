-- One row per practice, year end, disease register and count of it (register, list).
with qof_prevalence as (

    select * from {{ ref('stg_quality__qof_prevalence') }}

),

counted as (

    select
        practice_code,
        month,
        group_code,
        'register' as measure,
        register as patients
    from qof_prevalence
    union all
    select
        practice_code,
        month,
        group_code,
        'list' as measure,
        practice_list_size as patients
    from qof_prevalence

),

counts as (

    select
        'qof_prevalence' as dataset,
        practice_code as org_code,
        month,
        upper(group_code) as code,
        measure,
        cast(patients as decimal(28, 5)) as value
    from counted

)

select * from counts
