-- Fails where emergency attendances are of a year whose bank holidays the seed bank_holiday does not have (England has
-- eight or more): they would count as in hours, and so for the GP Specification. Add the published days.
with attendances as (

    select * from {{ ref('int_sus__attendance') }}

),

bank_holidays as (

    select * from {{ ref('bank_holiday') }}

),

years as (

    select
        extract(year from month) as year_number,
        min(month) as first_month,
        count(*) as attendance_count
    from attendances
    group by extract(year from month)

),

known as (

    select
        extract(year from day) as year_number,
        count(*) as holiday_count
    from bank_holidays
    group by extract(year from day)

),

uncovered as (

    select
        years.year_number,
        years.first_month,
        years.attendance_count,
        coalesce(known.holiday_count, 0) as holiday_count
    from years
    left join known on years.year_number = known.year_number
    where coalesce(known.holiday_count, 0) < 8

)

select * from uncovered
