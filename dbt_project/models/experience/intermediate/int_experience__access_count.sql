-- One row per practice, month and measure: clinical appointments, and the weighted patients that they were for, times
-- the weeks of the month. A practice without a Carr-Hill list has neither.
with appointments as (

    select * from {{ ref('int_experience__gp_appointments_count') }}
    where measure = 'clinical'

),

carr_hill_lists as (

    select * from {{ ref('stg_practice__carr_hill_list') }}

),

snapshot_months as (

    select * from {{ ref('stg_ledger__snapshot_month') }}
    where dataset = 'carr_hill_list'

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

paired as (

    select
        appointments.org_code,
        appointments.month,
        appointments.value as appointments,
        cast(
            carr_hill_lists.carr_hill_weighted_list
            * ({{ days_between('calendar.month', 'calendar.period_end') }} + 1) / 7 as decimal(28, 5)
        ) as patient_weeks
    from appointments
    inner join calendar on appointments.month = calendar.month
    inner join snapshot_months on appointments.month = snapshot_months.month
    inner join carr_hill_lists
        on
            snapshot_months.snapshot_month = carr_hill_lists.snapshot_month
            and appointments.org_code = carr_hill_lists.practice_code

),

counts as (

    select
        'gp_appointments' as dataset,
        org_code,
        month,
        'ACCESS' as code,
        'numerator' as measure,
        appointments as value
    from paired
    union all
    select
        'gp_appointments' as dataset,
        org_code,
        month,
        'ACCESS' as code,
        'denominator' as measure,
        patient_weeks as value
    from paired

)

select * from counts
