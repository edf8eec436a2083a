-- One row per allocation round and practice.
with need_weighted_population as (

    select * from {{ source('feed', 'need_weighted_population') }}

),

renamed as (

    select
        period as snapshot_month,
        practice_code,
        registered_population,
        weighted_population_general_acute,
        weighted_population_community,
        weighted_population_mental_health,
        weighted_population_maternity,
        weighted_population_hchs,
        weighted_population_prescribing,
        weighted_population_overall
    from need_weighted_population

)

select * from renamed
