-- One row per practice, month and measure. Who and how counts as clinical access is the seed appointment_type. Of a
-- source that tells neither status nor time of booking only what it tells is counted.
with appointments as (

    select * from {{ ref('stg_experience__gp_appointments') }}

),

types as (

    select * from {{ ref('appointment_type') }}

),

kinds as (

    select
        appointments.org_code,
        appointments.month,
        appointments.appointments,
        lower(appointments.appt_status) as status,
        lower(appointments.time_between) as time_between,
        coalesce(clinicians.is_clinical_access, false) and coalesce(modes.is_clinical_access, false) as is_clinical
    from appointments
    left join types as clinicians
        on
            clinicians.field = 'hcp_type'
            and lower(appointments.hcp_type) = lower(clinicians.field_value)
    left join types as modes
        on
            modes.field = 'appt_mode'
            and lower(appointments.appt_mode) = lower(modes.field_value)

),

-- a case without an else is null where the source does not tell, and so is a sum of nothing else
summed as (

    select
        org_code,
        month,
        sum(appointments) as all_appointments,
        sum(case when is_clinical then appointments else 0 end) as clinical,
        sum(case when status = 'attended' then appointments when status is not null then 0 end) as attended,
        sum(case when status = 'dna' then appointments when status is not null then 0 end) as dna,
        sum(
            case when status in ('attended', 'dna') then appointments when status is not null then 0 end
        ) as with_status,
        sum(case when time_between = 'same day' then appointments when time_between is not null then 0 end) as same_day
    from kinds
    group by org_code, month

),

measures as (

    select names.measure
    from (values ('all'), ('clinical'), ('attended'), ('dna'), ('with_status'), ('same_day')) as names (measure)

),

measured as (

    select
        summed.org_code,
        summed.month,
        measures.measure,
        case measures.measure
            when 'all' then summed.all_appointments
            when 'clinical' then summed.clinical
            when 'attended' then summed.attended
            when 'dna' then summed.dna
            when 'with_status' then summed.with_status
            when 'same_day' then summed.same_day
        end as number
    from summed
    cross join measures

),

counted as (

    select
        'gp_appointments' as dataset,
        org_code,
        month,
        'APPT' as code,
        measure,
        cast(number as decimal(28, 5)) as value
    from measured
    where number is not null

)

select * from counted
