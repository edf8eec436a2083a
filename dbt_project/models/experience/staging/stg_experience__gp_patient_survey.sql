-- One row per wave and practice or printed total. Columns keep the names of the file: what they mean in which year is
-- the seed survey_question.
with answers as (

    select * from {{ source('feed', 'gp_patient_survey') }}

),

renamed as (

    select
        period as month,
        cast(extract(year from period) as integer) as survey_year,
        upper(trim(practice_code)) as org_code,
        case
            when length(practice_code) = 6 then 'practice'
            when length(practice_code) = 3 then 'commissioner'
            else 'national'
        end as org_level,
        distributed,
        received,
        q3_1,
        q3_2,
        q3_12,
        q3base,
        q3_1234base,
        q12_1,
        q12_2,
        q12_3,
        q12base,
        q15_1,
        q15_2,
        q15_12,
        q15base,
        q18_1,
        q18_2,
        q18_12,
        q18_12pct,
        q18base,
        q18_12345base
    from answers

)

select * from renamed
