-- One row per indicator version, variant, dataset and specialty that it reads, where it does not read every one.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

specialties as (

    select * from {{ ref('component_treatment_function') }}

),

specialties_read as (

    select
        definitions.indicator_id,
        definitions.version,
        definitions.variant,
        definitions.numerator_dataset as dataset,
        specialties.treatment_function_code
    from definitions
    inner join specialties on definitions.numerator_component_id = specialties.component_id

    union

    select
        definitions.indicator_id,
        definitions.version,
        definitions.variant,
        definitions.denominator_dataset as dataset,
        specialties.treatment_function_code
    from definitions
    inner join specialties on definitions.denominator_component_id = specialties.component_id

)

select * from specialties_read
