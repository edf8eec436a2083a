-- One row per dataset, month, practice, provider and specialty that a gate withholds; a null code means every one.
-- Feeds of hospital activity count as the activity dataset that they are part of.
with withheld as (

    select * from {{ source('feed', 'withheld') }}

),

renamed as (

    select
        {{ activity_dataset('dataset') }} as dataset,
        month,
        practice_code,
        provider_code,
        treatment_function_code,
        reason
    from withheld

)

select * from renamed
