-- One row per month and practice or printed total of the published return.
with returns as (

    select * from {{ source('feed', 'friends_and_family') }}

),

renamed as (

    select
        period as month,
        upper(trim(practice_code)) as org_code,
        case
            when length(practice_code) = 6 then 'practice'
            when length(practice_code) = 3 then 'commissioner'
            else 'national'
        end as org_level,
        responses,
        extremely_likely,
        likely,
        neither,
        unlikely,
        extremely_unlikely,
        dont_know,
        percent_recommended
    from returns

)

select * from renamed
