-- One row per commissioner, register and risk of primary care: its scores, graded, beside the register before.
with scores as (

    select * from {{ ref('int_contract__risk_score') }}

),

grades as (

    select * from {{ ref('risk_grade') }}

),

graded as (

    select
        scores.*,
        current_grade.grade as current_grade,
        residual_grade.grade as residual_grade,
        previous.residual_score as previous_residual_score
    from scores
    left join grades as current_grade
        on scores.current_score between current_grade.lowest_score and current_grade.highest_score
    left join grades as residual_grade
        on scores.residual_score between residual_grade.lowest_score and residual_grade.highest_score
    left join scores as previous
        on
            scores.commissioner_code = previous.commissioner_code
            and scores.previous_register_month = previous.register_month
            and lower(scores.ref) = lower(previous.ref)

)

select
    cast(commissioner_code as string) as commissioner_code,
    cast(register_month as date) as register_month,
    cast(as_at as date) as as_at,
    cast(ref as string) as ref,
    cast(area as string) as area,
    cast(goal as string) as goal,
    cast(date_entered as date) as date_entered,
    cast(objective as string) as objective,
    cast(description as string) as description,
    cast(controls as string) as controls,
    cast(assurance as string) as assurance,
    cast(likelihood as integer) as likelihood,
    cast(consequence as integer) as consequence,
    cast(current_score as integer) as current_score,
    cast(current_grade as string) as current_grade,
    cast(printed_current_score as integer) as printed_current_score,
    printed_current_score = current_score as current_matches_score,
    is_accepted,
    cast(actions as string) as actions,
    cast(residual_likelihood as integer) as residual_likelihood,
    cast(residual_consequence as integer) as residual_consequence,
    cast(residual_score as integer) as residual_score,
    cast(residual_grade as string) as residual_grade,
    cast(printed_residual_score as integer) as printed_residual_score,
    printed_residual_score = residual_score as residual_matches_score,
    cast(lead_initials as string) as lead_initials,
    cast(completion as string) as completion,
    cast(review as string) as review,
    cast(progress as string) as progress,
    is_closed,
    cast(previous_register_month as date) as previous_register_month,
    cast(previous_residual_score as integer) as previous_residual_score,
    cast(residual_score - previous_residual_score as integer) as residual_score_change
from graded
