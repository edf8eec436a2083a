-- One row per commissioner, month and measure: what is published of a commissioner and known of its practices too.
-- Who was seen, how and how long after booking is told in other words by either source, so it is not counted here.
with appointments as (

    select * from {{ ref('stg_experience__gp_appointments_commissioner') }}

),

summed as (

    select
        org_code,
        month,
        sum(case when lower(appt_status) = 'dna' then appointments else 0 end) as dna,
        sum(case when lower(appt_status) in ('attended', 'dna') then appointments else 0 end) as with_status
    from appointments
    group by org_code, month

),

measured as (

    select
        org_code,
        month,
        'dna' as measure,
        dna as number
    from summed
    union all
    select
        org_code,
        month,
        'with_status' as measure,
        with_status as number
    from summed

),

counted as (

    select
        'gp_appointments_commissioner' as dataset,
        org_code,
        month,
        'APPT' as code,
        measure,
        cast(number as decimal(28, 5)) as value
    from measured

)

select * from counted
