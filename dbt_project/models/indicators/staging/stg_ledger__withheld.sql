-- One row per dataset, month and practice that a gate withholds; a null practice code means every practice.
with withheld as (

    select * from {{ source('feed', 'withheld') }}

),

renamed as (

    select
        dataset,
        month,
        practice_code,
        reason
    from withheld

)

select * from renamed
