-- One row per check of the papers that counts rows of a table instead of adding figures.
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

risks as (

    select
        paper_table,
        line,
        max(case when figure = 'is_closed' then value end) as is_closed,
        max(case when figure = 'current_likelihood' then value end) as current_likelihood,
        max(case when figure = 'current_consequence' then value end) as current_consequence,
        max(case when figure = 'current_score' then value end) as current_score,
        max(case when figure = 'residual_likelihood' then value end) as residual_likelihood,
        max(case when figure = 'residual_consequence' then value end) as residual_consequence,
        max(case when figure = 'residual_score' then value end) as residual_score
    from figures
    group by paper_table, line
    having max(case when figure = 'is_closed' then value end) is not null

),

scores as (

    select
        checks.check_id,
        cast(
            count(
                case
                    when checks.rule = 'recount'
                        then
                            case
                                when
                                    risks.is_closed = 0
                                    and risks.residual_score between checks.count_from and checks.count_to
                                    then 1
                            end
                    when
                        risks.current_score = risks.current_likelihood * risks.current_consequence
                        and risks.residual_score = risks.residual_likelihood * risks.residual_consequence
                        then 1
                end
            ) as double
        ) as computed
    from checks
    inner join risks on checks.paper_table = risks.paper_table
    where checks.rule in ('recount', 'products')
    group by checks.check_id

),

operand_figures as (

    select
        operands.check_id,
        operands.role,
        operands.line,
        cast(figures.value as double) as value
    from operands
    inner join figures
        on
            operands.paper_table = figures.paper_table
            and operands.line = figures.line
            and operands.figure = figures.figure

),

shares as (

    select
        parts.check_id,
        round(100 * parts.value / wholes.value, 0) as percent
    from operand_figures as parts
    inner join operand_figures as wholes
        on
            parts.check_id = wholes.check_id
            and wholes.role = 'divisor'
    where parts.role = 'share'

),

-- a chart binds no percent to a line, so the percents are compared as a set in which one may occur twice
share_counts as (

    select
        check_id,
        percent,
        count(*) as share_count
    from shares
    group by check_id, percent

),

percent_counts as (

    select
        check_id,
        value as percent,
        count(*) as percent_count
    from operand_figures
    where role = 'counted'
    group by check_id, value

),

matching_shares as (

    select
        percent_counts.check_id,
        cast(
            sum(least(percent_counts.percent_count, coalesce(share_counts.share_count, 0))) as double
        ) as computed
    from percent_counts
    left join share_counts
        on
            percent_counts.check_id = share_counts.check_id
            and percent_counts.percent = share_counts.percent
    group by percent_counts.check_id

),

recounts as (

    select * from scores
    union all
    select * from matching_shares

)

select * from recounts
