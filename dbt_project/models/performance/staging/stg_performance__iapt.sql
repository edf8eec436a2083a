-- One row per month, group, organisation and measure of talking therapies.
with iapt as (

    select * from {{ source('feed', 'iapt') }}

),

renamed as (

    select
        period_start as month,
        case
            when upper(replace(group_type, ' ', '')) in ('CCG', 'SUBICB') then 'commissioner'
            else lower(replace(group_type, ' ', ''))
        end as org_level,
        org_code,
        org_name,
        org_code_2 as provider_code,
        measure_name,
        -- Suppressed figures are missing.
        measure_value
    from iapt

)

select * from renamed
