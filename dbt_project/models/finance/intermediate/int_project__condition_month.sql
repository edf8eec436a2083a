-- One row per commissioner, condition of a project and month whose spells every expected provider has sent and no gate
-- withholds: emergency admissions of the commissioner's patients for it; 0 where there were none (observed zero).
with conditions as (

    select * from {{ ref('project_condition') }}

),

admissions as (

    select * from {{ ref('int_sus__acs_admission') }}

),

spells as (

    select * from {{ ref('int_sus__spell') }}

),

data_months as (

    select * from {{ ref('int_sus__data_month') }}

),

gaps as (

    select * from {{ ref('int_sus__gap') }}

),

withheld as (

    select distinct month from {{ ref('stg_ledger__withheld') }}
    where dataset = 'sus_apc'

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

own_commissioners as (

    select own_commissioners.entity_code as commissioner_code
    from {{ own_commissioners() }}

),

whole_months as (

    select data_months.month
    from data_months
    left join gaps
        on
            data_months.dataset = gaps.dataset
            and data_months.month = gaps.month
    left join withheld on data_months.month = withheld.month
    where
        data_months.dataset = 'sus_apc'
        and data_months.is_loaded
        and gaps.month is null
        and withheld.month is null

),

own_spells as (

    select
        memberships.org_code as commissioner_code,
        spells.spell_key,
        spells.month
    from spells
    left join code_map
        on
            code_map.org_view = 'as_at'
            and spells.month = code_map.month
            and spells.practice_code = code_map.practice_code
    inner join memberships
        on
            memberships.org_view = 'as_at'
            and memberships.org_type = 'commissioner'
            and spells.month = memberships.month
            and coalesce(code_map.mapped_practice_code, spells.practice_code) = memberships.practice_code
    where spells.is_emergency

),

-- a spell that is in two lists of a condition is one admission
counts as (

    select
        own_spells.commissioner_code,
        conditions.condition,
        own_spells.month,
        count(distinct own_spells.spell_key) as admissions
    from own_spells
    inner join admissions on own_spells.spell_key = admissions.spell_key
    inner join conditions
        on
            admissions.version = conditions.acs_version
            and admissions.condition = conditions.acs_condition
    group by own_spells.commissioner_code, conditions.condition, own_spells.month

),

distinct_conditions as (

    select distinct condition from conditions

),

final as (

    select
        own_commissioners.commissioner_code,
        distinct_conditions.condition,
        whole_months.month,
        cast(coalesce(counts.admissions, 0) as integer) as admissions
    from distinct_conditions
    cross join whole_months
    cross join own_commissioners
    left join counts
        on
            own_commissioners.commissioner_code = counts.commissioner_code
            and distinct_conditions.condition = counts.condition
            and whole_months.month = counts.month

)

select * from final
