-- One row per indicator version, variant and dataset that it reads.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

datasets as (

    select
        indicator_id,
        version,
        variant,
        window_months,
        numerator_dataset as dataset
    from definitions

    union

    select
        indicator_id,
        version,
        variant,
        window_months,
        denominator_dataset as dataset
    from definitions
    where denominator_dataset is not null

)

select * from datasets
