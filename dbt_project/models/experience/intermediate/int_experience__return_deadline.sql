-- One row per month: the twelfth working day of the month after it, by which its Friends and Family return is due.
with calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

bank_holidays as (

    select * from {{ ref('bank_holiday') }}

),

-- the twelfth working day of no month lies after its 28th day
day_numbers as (

    select fours.four * 4 + ones.one as number
    from (values (0), (1), (2), (3), (4), (5), (6)) as fours (four)
    cross join (values (1), (2), (3), (4)) as ones (one)

),

months as (

    select
        month,
        {{ month_plus('month', 1) }} as next_month
    from calendar

),

days as (

    select
        months.month,
        make_date(
            cast(extract(year from months.next_month) as integer),
            cast(extract(month from months.next_month) as integer),
            cast(day_numbers.number as integer)
        ) as day
    from months
    cross join day_numbers

),

working_days as (

    select
        days.month,
        days.day,
        row_number() over (partition by days.month order by days.day) as number
    from days
    left join bank_holidays on days.day = bank_holidays.day
    where {{ is_working_day('days.day', 'bank_holidays.day') }}

),

deadlines as (

    select
        month,
        day as due_on
    from working_days
    where number = 12

)

select * from deadlines
