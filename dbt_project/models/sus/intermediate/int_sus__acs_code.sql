-- One row per condition, role, and code of the emergency spells that begins with a prefix of that condition and role.
-- Distinct codes are matched once here; spells then compare whole codes.
with spells as (

    select * from {{ ref('int_sus__spell') }}

),

conditions as (

    select * from {{ ref('acs_condition') }}

),

diagnosis_codes as (

    select distinct {{ each_code(code_list('der_diagnosis_all')) }} as code
    from spells
    where is_emergency

    union

    select distinct primary_diagnosis as code
    from spells
    where
        is_emergency
        and primary_diagnosis is not null

),

procedure_codes as (

    select distinct {{ each_code(code_list('der_procedure_all')) }} as code
    from spells
    where is_emergency

),

codes as (

    select
        'diagnosis' as kind,
        code
    from diagnosis_codes

    union all

    select
        'procedure' as kind,
        code
    from procedure_codes

),

roles as (

    select
        version,
        condition,
        role,
        {{ normalised_code('prefix') }} as prefix,
        case
            when role in ('exclude_procedure', 'exclude_primary_procedure') then 'procedure'
            else 'diagnosis'
        end as kind
    from conditions

),

matches as (

    select distinct
        roles.version,
        roles.condition,
        roles.role,
        codes.code
    from codes
    inner join roles
        on
            codes.kind = roles.kind
            and {{ code_has_prefix('codes.code', 'roles.prefix') }}

)

select * from matches
