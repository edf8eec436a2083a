-- One row per component and month of which some provider or specialty that it reads is missing or withheld for every
-- practice. Months that were not received at all have no values and need no row here.
with components as (

    select * from {{ ref('component_definition') }}

),

specialties as (

    select * from {{ ref('component_treatment_function') }}

),

withheld as (

    select * from {{ ref('stg_ledger__withheld') }}

),

activity_gaps as (

    select * from {{ ref('int_sus__gap') }}

),

unpriced as (

    select * from {{ ref('int_sus__unpriced') }}

),

undecided as (

    select * from {{ ref('int_sus__undecided') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

restricted_components as (

    select distinct component_id from specialties

),

gaps as (

    select
        dataset,
        treatment_function_code,
        month,
        false as is_of_cost,
        false as is_of_codes
    from withheld
    where practice_code is null

    union

    select
        dataset,
        treatment_function_code,
        month,
        false as is_of_cost,
        false as is_of_codes
    from activity_gaps

    union

    select
        dataset,
        cast(null as string) as treatment_function_code,
        month,
        true as is_of_cost,
        false as is_of_codes
    from unpriced

    union

    select
        dataset,
        cast(null as string) as treatment_function_code,
        month,
        false as is_of_cost,
        true as is_of_codes
    from undecided

),

touched as (

    select distinct
        components.component_id,
        coalesce(components.lookback_months, 0) as lookback_months,
        gaps.month
    from components
    inner join gaps on components.dataset = gaps.dataset
    left join restricted_components on components.component_id = restricted_components.component_id
    left join specialties
        on
            components.component_id = specialties.component_id
            and gaps.treatment_function_code = specialties.treatment_function_code
    where
        (
            gaps.treatment_function_code is null
            or restricted_components.component_id is null
            or specialties.treatment_function_code is not null
        )
        and (not gaps.is_of_cost or components.measure = 'cost')
        and (not gaps.is_of_codes or {{ reads_deciding_codes('components.component_id') }})

),

-- what looks back is incomplete as long as it looks at the month
reached as (

    select distinct
        touched.component_id,
        reached_months.month
    from touched
    inner join calendar as gap_months on touched.month = gap_months.month
    inner join calendar as reached_months
        on
            gap_months.month_index <= reached_months.month_index
            and reached_months.month_index <= gap_months.month_index + touched.lookback_months

)

select * from reached
