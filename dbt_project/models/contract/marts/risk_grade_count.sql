-- One row per commissioner, register, basis (which scores of which risks) and grade: how many risks, and how many more
-- than before.
with scores as (

    select * from {{ ref('int_contract__risk_score') }}

),

grades as (

    select * from {{ ref('risk_grade') }}

),

registers as (

    select distinct
        commissioner_code,
        register_month,
        previous_register_month
    from scores

),

bases as (

    select
        commissioner_code,
        register_month,
        'current' as basis,
        current_score as score
    from scores
    union all
    select
        commissioner_code,
        register_month,
        'current_without_closed' as basis,
        current_score as score
    from scores
    where not is_closed
    union all
    select
        commissioner_code,
        register_month,
        'residual' as basis,
        residual_score as score
    from scores
    union all
    select
        commissioner_code,
        register_month,
        'residual_without_closed' as basis,
        residual_score as score
    from scores
    where not is_closed

),

names_of_bases as (

    select 'current' as basis
    union all
    select 'current_without_closed' as basis
    union all
    select 'residual' as basis
    union all
    select 'residual_without_closed' as basis

),

counted as (

    select
        registers.commissioner_code,
        registers.register_month,
        registers.previous_register_month,
        names_of_bases.basis,
        grades.grade,
        grades.grade_order,
        grades.lowest_score,
        grades.highest_score,
        count(bases.score) as risks
    from registers
    cross join names_of_bases
    cross join grades
    left join bases
        on
            registers.commissioner_code = bases.commissioner_code
            and registers.register_month = bases.register_month
            and names_of_bases.basis = bases.basis
            and bases.score between grades.lowest_score and grades.highest_score
    group by
        registers.commissioner_code, registers.register_month, registers.previous_register_month,
        names_of_bases.basis, grades.grade, grades.grade_order, grades.lowest_score, grades.highest_score

),

compared as (

    select
        counted.*,
        counted.risks - previous.risks as change
    from counted
    left join counted as previous
        on
            counted.commissioner_code = previous.commissioner_code
            and counted.previous_register_month = previous.register_month
            and counted.basis = previous.basis
            and counted.grade = previous.grade

)

select
    cast(commissioner_code as string) as commissioner_code,
    cast(register_month as date) as register_month,
    cast(basis as string) as basis,
    cast(grade as string) as grade,
    cast(grade_order as integer) as grade_order,
    cast(lowest_score as integer) as lowest_score,
    cast(highest_score as integer) as highest_score,
    cast(risks as integer) as risks,
    cast(change as integer) as change,
    cast(previous_register_month as date) as previous_register_month
from compared
