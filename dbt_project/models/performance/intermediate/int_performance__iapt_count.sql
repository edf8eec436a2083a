-- One row per commissioner, month, code and measure: who entered talking therapy, recovered, and waited so long.
-- The denominator of ENTER is the people of its year, in every month: a window sums the numerator and takes the mean of
-- the denominator, so that a quarter's roll-out is the people of three months over the people once.
with therapies as (

    select * from {{ ref('stg_performance__iapt') }}
    where org_level = 'commissioner'

),

prevalence as (

    select * from {{ ref('iapt_prevalence') }}

),

counted as (

    select
        org_code,
        month,
        max(case when measure_name = 'Count_FirstTreatment' then measure_value end) as entered,
        max(case when measure_name = 'Count_FinishedCourseTreatment' then measure_value end) as finished,
        max(case when measure_name = 'Count_NotAtCaseness' then measure_value end) as not_cases,
        max(case when measure_name = 'Count_Recovery' then measure_value end) as recovered,
        max(case when measure_name = 'Count_FirstTreatment6WeeksFinishedCourseTreatment' then measure_value end)
            as within_6_weeks,
        max(case when measure_name = 'Count_FirstTreatment18WeeksFinishedCourseTreatment' then measure_value end)
            as within_18_weeks
    from therapies
    group by org_code, month

),

with_people as (

    select
        counted.*,
        prevalence.people
    from counted
    left join prevalence
        on
            counted.org_code = prevalence.commissioner_code
            and counted.month >= prevalence.valid_from
            and counted.month < {{ month_plus('prevalence.valid_from', 12) }}

),

measures as (

    select
        org_code,
        month,
        'ENTER' as code,
        'numerator' as measure,
        entered as value
    from with_people
    union all
    select
        org_code,
        month,
        'ENTER' as code,
        'denominator' as measure,
        people as value
    from with_people
    union all
    select
        org_code,
        month,
        'RECOVERY' as code,
        'numerator' as measure,
        recovered as value
    from with_people
    union all
    select
        org_code,
        month,
        'RECOVERY' as code,
        'denominator' as measure,
        finished - not_cases as value
    from with_people
    union all
    select
        org_code,
        month,
        'WAIT6' as code,
        'numerator' as measure,
        within_6_weeks as value
    from with_people
    union all
    select
        org_code,
        month,
        'WAIT6' as code,
        'denominator' as measure,
        finished as value
    from with_people
    union all
    select
        org_code,
        month,
        'WAIT18' as code,
        'numerator' as measure,
        within_18_weeks as value
    from with_people
    union all
    select
        org_code,
        month,
        'WAIT18' as code,
        'denominator' as measure,
        finished as value
    from with_people

)

select
    cast('iapt' as string) as dataset,
    cast(org_code as string) as org_code,
    cast(month as date) as month,
    cast(code as string) as code,
    cast(measure as string) as measure,
    cast(value as decimal(28, 5)) as value
from measures
where value is not null
