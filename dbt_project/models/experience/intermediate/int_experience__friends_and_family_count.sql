-- One row per practice, month and measure. Of every practice of the commissioner that is expected in a month of which
-- a file is loaded it says whether it submitted: by the day of its return where the list of returns is loaded, else by
-- whether it is in the published return. A practice that is in no file has not submitted; a return of no responses
-- was.
with months as (

    select * from {{ ref('stg_ledger__data_month') }}

),

published as (

    select * from {{ ref('stg_experience__friends_and_family') }}

),

listed as (

    select * from {{ ref('stg_experience__friends_and_family_submission') }}

),

deadlines as (

    select * from {{ ref('int_experience__return_deadline') }}

),

expected_practices as (

    select * from {{ ref('int_practice__expected') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

loaded as (

    select
        month,
        max(case when dataset = 'friends_and_family_submission' then 1 else 0 end) = 1 as has_list
    from months
    where
        is_loaded
        and dataset in ('friends_and_family', 'friends_and_family_submission')
    group by month

),

returns as (

    select
        month,
        org_code,
        responses,
        extremely_likely + likely as positive
    from published
    where
        org_level = 'practice'
        and responses is not null

),

in_time as (

    select
        listed.month,
        listed.practice_code
    from listed
    inner join deadlines on listed.month = deadlines.month
    where listed.submitted_on <= deadlines.due_on

),

judged as (

    select
        expected_practices.month,
        expected_practices.practice_code as org_code,
        case
            when loaded.has_list and in_time.practice_code is not null then 1
            when not loaded.has_list and returns.org_code is not null then 1
            else 0
        end as submitted
    from expected_practices
    inner join memberships
        on
            expected_practices.month = memberships.month
            and expected_practices.practice_code = memberships.practice_code
            and memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
    inner join loaded on expected_practices.month = loaded.month
    left join in_time
        on
            expected_practices.month = in_time.month
            and expected_practices.practice_code = in_time.practice_code
    left join returns
        on
            expected_practices.month = returns.month
            and expected_practices.practice_code = returns.org_code

),

-- what was published counts; before that what the list says
responses as (

    select
        month,
        org_code,
        responses
    from returns
    union all
    select
        listed.month,
        listed.practice_code as org_code,
        listed.responses
    from listed
    left join returns
        on
            listed.month = returns.month
            and listed.practice_code = returns.org_code
    where
        returns.org_code is null
        and listed.submitted_on is not null
        and listed.responses is not null

),

measured as (

    select
        month,
        org_code,
        'submitted' as measure,
        submitted as number
    from judged
    union all
    select
        month,
        org_code,
        'expected' as measure,
        1 as number
    from judged
    union all
    select
        month,
        org_code,
        'responses' as measure,
        responses as number
    from responses
    union all
    select
        month,
        org_code,
        'positive' as measure,
        positive as number
    from returns
    where positive is not null
    union all
    -- responses of which it is known whether they were positive: the share of these
    select
        month,
        org_code,
        'answered' as measure,
        responses as number
    from returns
    where positive is not null

),

counted as (

    select
        'friends_and_family' as dataset,
        org_code,
        month,
        'FFT' as code,
        measure,
        cast(number as decimal(28, 5)) as value
    from measured

)

select * from counted
