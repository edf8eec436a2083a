-- One row per month, practice and component that is made from a list; a list serves the months that the ledger says.
with definitions as (

    select * from {{ ref('component_definition') }}

),

weights as (

    select * from {{ ref('weight') }}

),

age_bands as (

    select * from {{ ref('quin_age_band') }}

),

patients as (

    select * from {{ ref('stg_practice__gp_list_quin_age') }}

),

need_weighted as (

    select * from {{ ref('stg_practice__need_weighted_population') }}

),

snapshot_months as (

    select * from {{ ref('stg_ledger__snapshot_month') }}

),

aged_patients as (

    select
        patients.snapshot_month,
        patients.practice_code,
        patients.sex,
        age_bands.age_from,
        patients.number_of_patients
    from patients
    left join age_bands on patients.age_group_5 = age_bands.age_group_5
    -- male and female only: the ALL rows repeat them
    where not patients.is_total_row

),

list_sizes as (

    select
        definitions.dataset,
        aged_patients.snapshot_month,
        aged_patients.practice_code,
        definitions.component_id,
        cast(sum(aged_patients.number_of_patients) as decimal(28, 5)) as value
    from aged_patients
    cross join definitions
    where
        definitions.dataset = 'gp_list_quin_age'
        and definitions.measure = 'patients'
        and definitions.weight_set is null
    group by
        definitions.dataset,
        aged_patients.snapshot_month,
        aged_patients.practice_code,
        definitions.component_id

),

-- five-year bands lie within one weight band each (a test proves it), so the first age decides
weighted_lists as (

    select
        definitions.dataset,
        aged_patients.snapshot_month,
        aged_patients.practice_code,
        definitions.component_id,
        cast(sum(aged_patients.number_of_patients * weights.weight) as decimal(28, 5)) as value
    from aged_patients
    inner join weights
        on
            aged_patients.sex = weights.sex
            and aged_patients.age_from >= weights.age_from
            and aged_patients.age_from <= coalesce(weights.age_to, 999)
    inner join definitions on weights.weight_set = definitions.weight_set
    where definitions.dataset = 'gp_list_quin_age'
    group by
        definitions.dataset,
        aged_patients.snapshot_month,
        aged_patients.practice_code,
        definitions.component_id

),

need_weighted_lists as (

    select
        definitions.dataset,
        need_weighted.snapshot_month,
        need_weighted.practice_code,
        definitions.component_id,
        cast(
            case definitions.measure
                when 'registered_population' then need_weighted.registered_population
                when 'weighted_population_general_acute' then need_weighted.weighted_population_general_acute
                when 'weighted_population_hchs' then need_weighted.weighted_population_hchs
                when 'weighted_population_prescribing' then need_weighted.weighted_population_prescribing
                when 'weighted_population_overall' then need_weighted.weighted_population_overall
            end as decimal(28, 5)
        ) as value
    from need_weighted
    cross join definitions
    where definitions.dataset = 'need_weighted_population'

),

snapshot_values as (

    select * from list_sizes
    union all
    select * from weighted_lists
    union all
    select * from need_weighted_lists

),

served as (

    select
        snapshot_months.month,
        snapshot_values.practice_code,
        snapshot_values.component_id,
        snapshot_values.dataset,
        snapshot_values.value,
        snapshot_values.snapshot_month as data_month
    from snapshot_values
    inner join snapshot_months
        on
            snapshot_values.dataset = snapshot_months.dataset
            and snapshot_values.snapshot_month = snapshot_months.snapshot_month
    where snapshot_values.value is not null

)

select * from served
