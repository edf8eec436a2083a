-- One row per month and practice of the list of returns.
with returns as (

    select * from {{ source('feed', 'friends_and_family_submission') }}

),

renamed as (

    select
        period as month,
        upper(trim(practice_code)) as practice_code,
        submitted_on,
        responses
    from returns

)

select * from renamed
