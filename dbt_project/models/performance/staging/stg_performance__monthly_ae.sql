-- One row per month and provider, and one per month of the printed total (is_total_row).
with monthly_ae as (

    select * from {{ source('feed', 'monthly_ae') }}

),

renamed as (

    select
        month,
        org_code as provider_code,
        org_name as provider_name,
        row_type = 'total' as is_total_row,
        attendances_type_1 + coalesce(booked_type_1, 0) as attendances_type_1,
        over_4_hours_type_1 + coalesce(booked_over_4_hours_type_1, 0) as over_4_hours_type_1,
        -- Booked attendances count for the standard: with them December 2024 is the published 71.1% of England.
        attendances_type_1 + attendances_type_2 + attendances_other
        + coalesce(booked_type_1, 0) + coalesce(booked_type_2, 0) + coalesce(booked_other, 0) as attendances,
        over_4_hours_type_1 + over_4_hours_type_2 + over_4_hours_other
        + coalesce(booked_over_4_hours_type_1, 0) + coalesce(booked_over_4_hours_type_2, 0)
        + coalesce(booked_over_4_hours_other, 0) as over_4_hours,
        waits_over_12_hours,
        admissions_type_1 + admissions_type_2 + admissions_other + admissions_elsewhere as emergency_admissions
    from monthly_ae

)

select * from renamed
