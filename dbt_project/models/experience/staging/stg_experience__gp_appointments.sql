-- One row per practice and kind of appointment of a month or week, with the columns of the other source of
-- appointments.
with appointments as (

    select * from {{ source('feed', 'gp_appointments') }}

),

renamed as (

    select
        period as month,
        'practice' as org_type,
        upper(trim(practice_code)) as org_code,
        appointment_from,
        hcp_type,
        appt_mode,
        appt_status,
        national_category,
        time_between_book_and_appt as time_between,
        count_of_appointments as appointments,
        source_row
    from appointments

)

select * from renamed
