-- One row per hospital spell that has ended, by its month of discharge; no private patients. practice_code is null
-- where no practice is known. Not incremental: first episodes and earlier spells lie in other months.
-- The primary diagnosis is that of episode number 1; where that is not loaded or has none, the first position of the
-- first episode in the list of the spell; where that is blank too, it is unknown. A later episode never stands for the
-- first one, nor does spell_primary_diagnosis: the HRG grouper derives it, from whichever episode it prefers.
with apcs as (

    select * from {{ ref('stg_sus__apcs') }}

),

apce as (

    select * from {{ ref('stg_sus__apce') }}

),

attributions as (

    select * from {{ ref('int_sus__attribution') }}

),

admission_methods as (

    select * from {{ ref('admission_method') }}

),

code_sets as (

    select * from {{ ref('sus_code_set') }}

),

dummies as (

    select * from {{ ref('dummy_practice') }}

),

private_categories as (

    select code
    from code_sets
    where
        version = '2017-18'
        and set_name = 'private_category'

),

-- regular day and night admissions are planned, and neither elective nor day cases
elective_classifications as (

    select code
    from code_sets
    where
        version = '2017-18'
        and set_name = 'apc_elective_classification'

),

ranked_episodes as (

    select
        spell_key,
        {{ normalised_code('primary_diagnosis_code') }} as primary_diagnosis,
        row_number() over (
            partition by spell_key
            order by extract_date_time desc, submission_id desc, source_row desc
        ) as turn
    from apce
    where episode_number = 1

),

first_episodes as (

    select
        spell_key,
        nullif(primary_diagnosis, '') as primary_diagnosis
    from ranked_episodes
    where turn = 1

),

discharged as (

    select
        apcs.*,
        upper(
            case
                when attributions.attribution = 'pds'
                    then coalesce(apcs.pds_general_practice_code, apcs.gp_practice_code)
                else apcs.gp_practice_code
            end
        ) as attributed_practice_code,
        coalesce(admission_methods.is_emergency, false) as is_emergency,
        coalesce(
            admission_methods.admission_group = 'elective'
            and (apcs.patient_classification is null or elective_classifications.code is not null), false
        ) as is_elective,
        coalesce(admission_methods.admission_group <> 'elective', false) as is_non_elective,
        {{ sus_cost() }} as cost
    from apcs
    left join attributions on apcs.month = attributions.month
    left join admission_methods on apcs.admission_method = admission_methods.code
    left join private_categories on apcs.administrative_category = private_categories.code
    left join elective_classifications on apcs.patient_classification = elective_classifications.code
    where
        apcs.discharge_date is not null
        and private_categories.code is null

),

-- of two spells on the same days, each of which could be the earlier one, only the later key is a readmission
readmissions as (

    select distinct later_spells.spell_key
    from discharged as later_spells
    inner join discharged as earlier_spells
        on
            later_spells.der_pseudo_nhs_number = earlier_spells.der_pseudo_nhs_number
            and later_spells.spell_key <> earlier_spells.spell_key
            and later_spells.admission_date >= earlier_spells.discharge_date
            and {{ days_between('earlier_spells.discharge_date', 'later_spells.admission_date') }} <= 30
    where
        later_spells.is_emergency
        and (
            earlier_spells.admission_date < later_spells.admission_date
            or (
                earlier_spells.admission_date = later_spells.admission_date
                and (
                    earlier_spells.discharge_date < later_spells.discharge_date
                    or (
                        earlier_spells.discharge_date = later_spells.discharge_date
                        and earlier_spells.spell_key < later_spells.spell_key
                    )
                )
            )
        )

),

final as (

    select
        discharged.spell_key,
        discharged.month,
        discharged.provider_code,
        case when dummies.practice_code is null then discharged.attributed_practice_code end as practice_code,
        discharged.treatment_function_code,
        discharged.admission_date,
        discharged.discharge_date,
        discharged.is_emergency,
        discharged.is_elective,
        discharged.is_non_elective,
        discharged.is_emergency
        and coalesce(
            discharged.der_spell_los = 0, discharged.discharge_date = discharged.admission_date, false
        ) as is_zero_day,
        readmissions.spell_key is not null as is_readmission,
        coalesce(
            first_episodes.primary_diagnosis, {{ first_episode_code('discharged.der_diagnosis_all') }}
        ) as primary_diagnosis,
        discharged.der_diagnosis_all,
        discharged.der_procedure_all,
        cast(discharged.cost as decimal(18, 2)) as cost
    from discharged
    left join first_episodes on discharged.spell_key = first_episodes.spell_key
    left join readmissions on discharged.spell_key = readmissions.spell_key
    left join dummies on discharged.attributed_practice_code = dummies.practice_code

)

select * from final
