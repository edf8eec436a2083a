-- One row per activity dataset, provider and month of which most records that may count for the GP Specification lack a
-- code that decides it: not to know is not none, which would be the best band. Other figures of the month stand.
with attendances as (

    select * from {{ ref('int_sus__attendance') }}

),

appointments as (

    select * from {{ ref('int_sus__appointment') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

records as (

    select
        'sus_ae' as dataset,
        'sus_ae_undecided' as rule,
        provider_code,
        month,
        is_undecided
    from attendances
    where is_undecided is not null

    union all

    select
        'sus_op' as dataset,
        'sus_op_undecided' as rule,
        provider_code,
        month,
        is_undecided
    from appointments
    where is_undecided is not null

),

counted as (

    select
        dataset,
        rule,
        provider_code,
        month,
        count(*) as judged,
        cast(count(case when is_undecided then 1 end) as double) / count(*) as seen
    from records
    group by dataset, rule, provider_code, month

),

undecided as (

    select
        counted.dataset,
        counted.rule,
        counted.provider_code,
        counted.month,
        counted.seen,
        cast(rules.threshold as double) as expected,
        concat(
            cast(round(100 * counted.seen) as integer), '% of what may count lack a code that decides it'
        ) as reason
    from counted
    inner join rules on counted.rule = rules.issue
    where
        counted.judged >= rules.minimum_count
        and counted.seen > cast(rules.threshold as double)

)

select * from undecided
