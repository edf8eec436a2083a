-- One row per check of the papers' own arithmetic: what is printed and what the other printed figures come to.
with figures as (

    select * from {{ ref('paper_figure') }}

),

checks as (

    select * from {{ ref('paper_check') }}
    where {{ is_own('commissioner_code') }}

),

operands as (

    select * from {{ ref('paper_operand') }}

),

recounts as (

    select * from {{ ref('int_finance__paper_recount') }}

),

-- an operand without its figure stays, so that a lost figure makes a check fail and not vanish
operand_figures as (

    select
        operands.check_id,
        operands.role,
        operands.term,
        operands.position,
        cast(figures.value as double) * cast(operands.factor as double) as value
    from operands
    left join figures
        on
            operands.paper_table = figures.paper_table
            and operands.line = figures.line
            and operands.figure = figures.figure

),

printed as (

    select
        check_id,
        value as printed
    from operand_figures
    where role = 'printed'

),

term_factors as (

    select
        check_id,
        term,
        count(*) - count(value) as missing_count,
        max(case when position = 1 then value end) as first_value,
        max(case when position = 2 then value end) as second_value,
        max(case when position = 3 then value end) as third_value
    from operand_figures
    where role = 'term'
    group by check_id, term

),

terms as (

    select
        check_id,
        case
            when missing_count = 0 then first_value * coalesce(second_value, 1) * coalesce(third_value, 1)
        end as value
    from term_factors

),

term_sums as (

    select
        check_id,
        {{ whole_sum('value') }} as value
    from terms
    group by check_id

),

divisors as (

    select
        check_id,
        value
    from operand_figures
    where role = 'divisor'

),

computed as (

    select
        checks.*,
        printed.printed,
        case
            when checks.rule <> 'terms' then recounts.computed
            when divisors.check_id is not null then term_sums.value / nullif(divisors.value, 0)
            else term_sums.value
        end as computed
    from checks
    left join printed on checks.check_id = printed.check_id
    left join term_sums on checks.check_id = term_sums.check_id
    left join divisors on checks.check_id = divisors.check_id
    left join recounts on checks.check_id = recounts.check_id

),

rounded as (

    select
        check_id,
        paper_table,
        kind,
        subject,
        unit,
        tolerance,
        tolerance_basis,
        note,
        cast(round(printed, 6) as decimal(18, 6)) as printed,
        cast(round(computed, 6) as decimal(18, 6)) as computed
    from computed

)

select * from rounded
