-- Fails on a code list of hospital activity that is empty or holds an empty code: it must stop the build, not match
-- nothing (or everything) in silence; and on conditions that a component names and no list has.
with code_sets as (

    select * from {{ ref('sus_code_set') }}

),

conditions as (

    select * from {{ ref('acs_condition') }}

),

acs_lists as (

    select * from {{ ref('component_acs_condition') }}

),

specialties as (

    select * from {{ ref('component_treatment_function') }}

),

definitions as (

    select * from {{ ref('component_definition') }}

),

needed_sets as (

    select needed.set_name
    from (
        values
        ('private_category'),
        ('aea_department_type'),
        ('aea_attendance_category'),
        ('aea_referral_source'),
        ('aea_arrival_mode'),
        ('aea_attendance_disposal'),
        ('aea_no_investigation'),
        ('aea_minor_investigation'),
        ('aea_advice_or_prescription'),
        ('aea_no_treatment'),
        ('ec_department_type'),
        ('ec_attendance_category'),
        ('ec_attendance_source'),
        ('ec_arrival_mode'),
        ('ec_discharge_follow_up'),
        ('ec_no_investigation'),
        ('ec_minor_investigation'),
        ('ec_advice_or_prescription'),
        ('ec_no_treatment'),
        ('op_attended'),
        ('op_first'),
        ('op_follow_up'),
        ('op_gp_referral'),
        ('op_dental_referral'),
        ('op_consultant_prefix'),
        ('op_not_consultant_specialty'),
        ('op_future_cds_type'),
        ('apc_elective_classification'),
        ('op_other_professional_prefix')
    ) as needed (set_name)

),

empty_sets as (

    select
        'sus_code_set' as seed,
        needed_sets.set_name as list
    from needed_sets
    left join code_sets
        on
            needed_sets.set_name = code_sets.set_name
            and code_sets.version = '2017-18'
            and trim(code_sets.code) <> ''
    group by needed_sets.set_name
    having count(code_sets.code) = 0

),

empty_codes as (

    select
        'sus_code_set' as seed,
        set_name as list
    from code_sets
    where coalesce(trim(code), '') = ''

),

empty_prefixes as (

    select
        'acs_condition' as seed,
        condition as list
    from conditions
    where coalesce({{ normalised_code('prefix') }}, '') = ''

),

-- a condition without a code that includes, or with codes that wait for secondaries which no list has
empty_conditions as (

    select
        'acs_condition' as seed,
        acs_lists.condition as list
    from acs_lists
    left join conditions
        on
            acs_lists.version = conditions.version
            and acs_lists.condition = conditions.condition
    group by acs_lists.version, acs_lists.condition
    having
        count(case when conditions.role in ('primary', 'any', 'primary_with_secondary') then 1 end) = 0
        or (
            count(case when conditions.role = 'primary_with_secondary' then 1 end) > 0
            and count(case when conditions.role = 'needs_secondary' then 1 end) = 0
        )

),

components_without_list as (

    select
        'component_acs_condition' as seed,
        definitions.component_id as list
    from definitions
    left join acs_lists on definitions.component_id = acs_lists.component_id
    where
        definitions.component_id like 'sus_acs_%'
        and acs_lists.component_id is null

    union all

    select
        'component_treatment_function' as seed,
        definitions.component_id as list
    from definitions
    left join specialties on definitions.component_id = specialties.component_id
    where
        definitions.component_id like 'sus_op_gp_referred_firsts%'
        and definitions.component_id <> 'sus_op_gp_referred_firsts_all_specialties'
        and specialties.component_id is null

),

broken as (

    select * from empty_sets
    union all
    select * from empty_codes
    union all
    select * from empty_prefixes
    union all
    select * from empty_conditions
    union all
    select * from components_without_list

)

select * from broken
