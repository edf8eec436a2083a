-- Fails where returns are due in a year whose bank holidays the seed bank_holiday does not have (England has eight or
-- more): the twelfth working day would lie too early. Add the published days.
with listed as (

    select * from {{ ref('stg_experience__friends_and_family_submission') }}

),

deadlines as (

    select * from {{ ref('int_experience__return_deadline') }}

),

bank_holidays as (

    select * from {{ ref('bank_holiday') }}

),

years as (

    select distinct extract(year from deadlines.due_on) as year_number
    from listed
    inner join deadlines on listed.month = deadlines.month

),

known as (

    select
        extract(year from day) as year_number,
        count(*) as day_count
    from bank_holidays
    group by extract(year from day)

)

select
    years.year_number,
    known.day_count
from years
left join known on years.year_number = known.year_number
where coalesce(known.day_count, 0) < 8
