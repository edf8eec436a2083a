-- Fails on a wave in which a column would be added twice to a measure, and on a question that has answers but no base.
with questions as (

    select * from {{ ref('survey_question') }}

),

overlapping as (

    select
        first_rows.code,
        first_rows.measure,
        first_rows.source_column as detail
    from questions as first_rows
    inner join questions as second_rows
        on
            first_rows.code = second_rows.code
            and first_rows.measure = second_rows.measure
            and first_rows.source_column = second_rows.source_column
            and first_rows.year_from < second_rows.year_from
            and first_rows.year_to >= second_rows.year_from

),

without_base as (

    select
        answers.code,
        answers.measure,
        'no denominator in all its years' as detail
    from questions as answers
    left join questions as bases
        on
            answers.code = bases.code
            and answers.year_from >= bases.year_from
            and bases.measure = 'denominator'
    where
        answers.measure = 'numerator'
        and bases.code is null

)

select * from overlapping
union all
select * from without_base
