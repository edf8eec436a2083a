-- One row per practice, month of receipt and measure: all complaints received, and those of each outcome.
with complaints as (

    select * from {{ ref('stg_contract__complaint') }}

),

measured as (

    select
        practice_code,
        month,
        'received' as measure
    from complaints
    union all
    select
        practice_code,
        month,
        coalesce(outcome, 'without_outcome') as measure
    from complaints

),

counted as (

    select
        'complaint' as dataset,
        practice_code as org_code,
        month,
        'COMPLAINT' as code,
        measure,
        cast(count(*) as decimal(28, 5)) as value
    from measured
    group by practice_code, month, measure

)

select * from counted
