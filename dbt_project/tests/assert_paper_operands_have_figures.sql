-- Fails where a check of the papers reads a figure that is not there, has no printed figure or has two, or is computed
-- from nothing: a check that compares nothing passes.
with checks as (

    select * from {{ ref('int_finance__paper_check') }}

),

operands as (

    select * from {{ ref('paper_operand') }}

),

figures as (

    select * from {{ ref('paper_figure') }}

),

without_figure as (

    select
        operands.check_id,
        'no figure' as reason
    from operands
    left join figures
        on
            operands.paper_table = figures.paper_table
            and operands.line = figures.line
            and operands.figure = figures.figure
    where figures.value is null

),

not_compared as (

    select
        check_id,
        'nothing compared' as reason
    from checks
    where
        printed is null
        or computed is null

),

printed_twice as (

    select
        check_id,
        'doubled' as reason
    from checks
    group by check_id
    having count(*) > 1

),

problems as (

    select * from without_figure
    union all
    select * from not_compared
    union all
    select * from printed_twice

)

select * from problems
