-- One row per savings scheme or printed total of a yearly plan as received; every version of every plan.
with cres_plan as (

    select * from {{ source('feed', 'cres_plan') }}

)

select * from cres_plan
