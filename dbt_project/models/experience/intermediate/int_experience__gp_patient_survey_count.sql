-- One row per practice, wave, question and measure. Which columns make a measure in which year is the seed
-- survey_question; a question of which any column is hidden or not asked has no rows.
{%- set columns = [
    'distributed', 'received', 'q3_1', 'q3_2', 'q3_12', 'q3base',
    'q3_1234base', 'q12_1', 'q12_2', 'q12_3', 'q12base', 'q15_1',
    'q15_2', 'q15_12', 'q15base', 'q18_1', 'q18_2', 'q18_12',
    'q18base', 'q18_12345base'
] %}
with survey as (

    select * from {{ ref('stg_experience__gp_patient_survey') }}

),

questions as (

    select * from {{ ref('survey_question') }}

),

cells as (

    {% for column in columns %}
        select
            org_code,
            month,
            survey_year,
            '{{ column }}' as source_column,
            cast({{ column }} as decimal(28, 5)) as cell
        from survey
        where org_level = 'practice'
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}

),

asked as (

    select
        cells.org_code,
        cells.month,
        questions.code,
        questions.measure,
        cells.cell
    from cells
    inner join questions
        on
            cells.source_column = questions.source_column
            and cells.survey_year >= questions.year_from
            and cells.survey_year <= questions.year_to

),

answered as (

    select
        org_code,
        month,
        code
    from asked
    group by org_code, month, code
    having count(cell) = count(*) and count(distinct measure) = 2

),

counted as (

    select
        'gp_patient_survey' as dataset,
        asked.org_code,
        asked.month,
        asked.code,
        asked.measure,
        cast(sum(asked.cell) as decimal(28, 5)) as value
    from asked
    inner join answered
        on
            asked.org_code = answered.org_code
            and asked.month = answered.month
            and asked.code = answered.code
    group by asked.org_code, asked.month, asked.code, asked.measure

)

select * from counted
