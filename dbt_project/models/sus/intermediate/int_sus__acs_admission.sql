-- One row per emergency spell and ambulatory care sensitive condition that it was for.
with spells as (

    select * from {{ ref('int_sus__spell') }}

),

acs_codes as (

    select * from {{ ref('int_sus__acs_code') }}

),

listed as (

    select
        spell_key,
        primary_diagnosis,
        {{ code_list('der_diagnosis_all') }} as diagnoses,
        {{ code_list('der_procedure_all') }} as procedures
    from spells
    where is_emergency

),

-- any code of the list can be a secondary one, for no primary code of a condition is on its list of secondary ones
emergencies as (

    select
        spell_key,
        primary_diagnosis,
        diagnoses,
        {{ first_code('procedures') }} as primary_procedure,
        procedures
    from listed

),

by_primary as (

    select
        emergencies.spell_key,
        acs_codes.version,
        acs_codes.condition,
        acs_codes.role
    from emergencies
    inner join acs_codes on emergencies.primary_diagnosis = acs_codes.code
    where acs_codes.role in ('primary', 'primary_with_secondary', 'any')

),

diagnosis_codes as (

    select
        spell_key,
        {{ each_code('diagnoses') }} as code
    from emergencies

),

by_any as (

    select
        diagnosis_codes.spell_key,
        acs_codes.version,
        acs_codes.condition,
        acs_codes.role
    from diagnosis_codes
    inner join acs_codes on diagnosis_codes.code = acs_codes.code
    where acs_codes.role = 'any'

),

candidates as (

    select * from by_primary
    union
    select * from by_any

),

-- the other codes matter for candidates only, which are few
candidate_spells as (

    select distinct spell_key from candidates

),

other_codes as (

    select
        emergencies.spell_key,
        'secondary' as place,
        {{ each_code('emergencies.diagnoses') }} as code
    from emergencies
    inner join candidate_spells on emergencies.spell_key = candidate_spells.spell_key

    union all

    select
        emergencies.spell_key,
        'procedure' as place,
        {{ each_code('emergencies.procedures') }} as code
    from emergencies
    inner join candidate_spells on emergencies.spell_key = candidate_spells.spell_key

    union all

    select
        emergencies.spell_key,
        'primary_procedure' as place,
        emergencies.primary_procedure as code
    from emergencies
    inner join candidate_spells on emergencies.spell_key = candidate_spells.spell_key

),

other_roles as (

    select
        other_codes.spell_key,
        acs_codes.version,
        acs_codes.condition,
        max(case when acs_codes.role = 'needs_secondary' then 1 else 0 end) as has_needed,
        max(case when acs_codes.role <> 'needs_secondary' then 1 else 0 end) as is_excluded
    from other_codes
    inner join acs_codes
        on
            other_codes.code = acs_codes.code
            and (
                (other_codes.place = 'secondary' and acs_codes.role in ('needs_secondary', 'exclude_secondary'))
                or (other_codes.place = 'procedure' and acs_codes.role = 'exclude_procedure')
                or (other_codes.place = 'primary_procedure' and acs_codes.role = 'exclude_primary_procedure')
            )
    group by other_codes.spell_key, acs_codes.version, acs_codes.condition

),

admissions as (

    select distinct
        candidates.spell_key,
        candidates.version,
        candidates.condition
    from candidates
    left join other_roles
        on
            candidates.spell_key = other_roles.spell_key
            and candidates.version = other_roles.version
            and candidates.condition = other_roles.condition
    where
        coalesce(other_roles.is_excluded, 0) = 0
        and (candidates.role <> 'primary_with_secondary' or coalesce(other_roles.has_needed, 0) = 1)

)

select * from admissions
