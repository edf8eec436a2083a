-- One row per commissioner and kind of appointment of a month or week, with the columns of the other source of
-- appointments.
with appointments as (

    select * from {{ source('feed', 'gp_appointments_commissioner') }}

),

renamed as (

    select
        period as month,
        'commissioner' as org_type,
        upper(trim(commissioner_code)) as org_code,
        appointment_from,
        hcp_type,
        appt_mode,
        appt_status,
        cast(null as string) as national_category,
        time_between_book_and_appt as time_between,
        count_of_appointments as appointments,
        source_row
    from appointments

)

select * from renamed
