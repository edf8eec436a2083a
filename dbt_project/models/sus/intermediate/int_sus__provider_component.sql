-- One row per hospital component, practice, provider, treatment function (none for emergency departments) and month in
-- which it is not zero. Activity without a known practice is in none.
with attendances as (

    select * from {{ ref('int_sus__attendance') }}

),

spells as (

    select * from {{ ref('int_sus__spell') }}

),

acs_admissions as (

    select * from {{ ref('int_sus__acs_admission') }}

),

appointments as (

    select * from {{ ref('int_sus__appointment') }}

),

component_months as (

    select * from {{ ref('int_sus__component_month') }}

),

acs_lists as (

    select * from {{ ref('component_acs_condition') }}

),

specialties as (

    select * from {{ ref('component_treatment_function') }}

),

components as (

    select distinct
        component_id,
        dataset,
        measure
    from component_months

),

attendance_sums as (

    select
        practice_code,
        provider_code,
        month,
        count(*) as attendances,
        count(case when is_gp_spec then 1 end) as gp_spec,
        count(case when is_gp_spec_wide then 1 end) as gp_spec_wide,
        sum(cost) as cost,
        sum(case when is_gp_spec then cost else 0 end) as gp_spec_cost
    from attendances
    where practice_code is not null
    group by practice_code, provider_code, month

),

attendance_values as (

    select
        components.component_id,
        attendance_sums.practice_code,
        attendance_sums.provider_code,
        cast(null as string) as treatment_function_code,
        attendance_sums.month,
        case components.component_id
            when 'sus_ae_attendances' then attendance_sums.attendances
            when 'sus_ae_gp_spec_attendances' then attendance_sums.gp_spec
            when 'sus_ae_gp_spec_attendances_wide' then attendance_sums.gp_spec_wide
            when 'sus_ae_cost' then attendance_sums.cost
            when 'sus_ae_gp_spec_cost' then attendance_sums.gp_spec_cost
        end as value
    from attendance_sums
    inner join components on components.dataset = 'sus_ae'

),

spell_sums as (

    select
        practice_code,
        provider_code,
        treatment_function_code,
        month,
        count(case when is_emergency then 1 end) as emergencies,
        count(case when is_zero_day then 1 end) as zero_day_stays,
        count(case when is_readmission then 1 end) as readmissions,
        count(case when is_elective then 1 end) as electives,
        count(case when is_non_elective then 1 end) as non_electives,
        sum(case when is_emergency then cost else 0 end) as emergency_cost,
        sum(case when is_zero_day then cost else 0 end) as zero_day_cost,
        sum(case when is_readmission then cost else 0 end) as readmission_cost
    from spells
    where practice_code is not null
    group by practice_code, provider_code, treatment_function_code, month

),

spell_values as (

    select
        components.component_id,
        spell_sums.practice_code,
        spell_sums.provider_code,
        spell_sums.treatment_function_code,
        spell_sums.month,
        case components.component_id
            when 'sus_emergency_admissions' then spell_sums.emergencies
            when 'sus_emergency_zero_day_stays' then spell_sums.zero_day_stays
            when 'sus_emergency_readmissions_30d' then spell_sums.readmissions
            when 'sus_elective_spells' then spell_sums.electives
            when 'sus_non_elective_spells' then spell_sums.non_electives
            when 'sus_emergency_cost' then spell_sums.emergency_cost
            when 'sus_emergency_zero_day_cost' then spell_sums.zero_day_cost
            when 'sus_emergency_readmissions_30d_cost' then spell_sums.readmission_cost
        end as value
    from spell_sums
    inner join components on components.dataset = 'sus_apc'

),

-- a spell for two conditions of one component counts once
acs_spells as (

    select distinct
        acs_lists.component_id,
        acs_admissions.spell_key
    from acs_admissions
    inner join acs_lists
        on
            acs_admissions.version = acs_lists.version
            and acs_admissions.condition = acs_lists.condition

),

acs_values as (

    select
        acs_spells.component_id,
        spells.practice_code,
        spells.provider_code,
        spells.treatment_function_code,
        spells.month,
        sum(case when components.measure = 'cost' then spells.cost else 1 end) as value
    from acs_spells
    inner join components on acs_spells.component_id = components.component_id
    inner join spells on acs_spells.spell_key = spells.spell_key
    where spells.practice_code is not null
    group by
        acs_spells.component_id, spells.practice_code, spells.provider_code, spells.treatment_function_code,
        spells.month

),

appointment_sums as (

    select
        practice_code,
        provider_code,
        treatment_function_code,
        month,
        count(*) as attendances,
        count(case when is_first then 1 end) as firsts,
        sum(case when is_first then cost else 0 end) as firsts_cost,
        count(case when is_first and is_consultant_led and is_gp_referred then 1 end) as gp_firsts,
        sum(case when is_first and is_consultant_led and is_gp_referred then cost else 0 end) as gp_firsts_cost,
        count(
            case when is_first and is_consultant_led and (is_gp_referred or is_dental_referred) then 1 end
        ) as gp_or_dental_firsts
    from appointments
    where practice_code is not null
    group by practice_code, provider_code, treatment_function_code, month

),

appointment_values as (

    select
        components.component_id,
        appointment_sums.practice_code,
        appointment_sums.provider_code,
        appointment_sums.treatment_function_code,
        appointment_sums.month,
        case components.component_id
            when 'sus_op_attendances' then appointment_sums.attendances
            when 'sus_op_firsts' then appointment_sums.firsts
            when 'sus_op_firsts_cost' then appointment_sums.firsts_cost
            when 'sus_op_gp_referred_firsts_all_specialties' then appointment_sums.gp_firsts
        end as value
    from appointment_sums
    inner join components on components.dataset = 'sus_op'

),

-- components of some specialties: those that have a list of treatment functions
specialty_values as (

    select
        specialties.component_id,
        appointment_sums.practice_code,
        appointment_sums.provider_code,
        appointment_sums.treatment_function_code,
        appointment_sums.month,
        case
            when components.measure = 'cost' then appointment_sums.gp_firsts_cost
            when specialties.component_id = 'sus_op_gp_referred_firsts_with_dental'
                then appointment_sums.gp_or_dental_firsts
            else appointment_sums.gp_firsts
        end as value
    from appointment_sums
    inner join specialties on appointment_sums.treatment_function_code = specialties.treatment_function_code
    inner join components on specialties.component_id = components.component_id

),

all_values as (

    select * from attendance_values
    union all
    select * from spell_values
    union all
    select * from acs_values
    union all
    select * from appointment_values
    union all
    select * from specialty_values

),

final as (

    select
        all_values.component_id,
        all_values.practice_code,
        all_values.provider_code,
        all_values.treatment_function_code,
        all_values.month,
        cast(all_values.value as decimal(28, 5)) as value
    from all_values
    inner join component_months
        on
            all_values.component_id = component_months.component_id
            and all_values.month = component_months.month
    where all_values.value <> 0

)

select * from final
