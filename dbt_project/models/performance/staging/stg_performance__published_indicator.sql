-- One row per month end, indicator and organisation, as published.
with published as (

    select * from {{ source('feed', 'published_indicator') }}

),

renamed as (

    select
        period as month,
        period_end,
        source as publication,
        upper(trim(indicator_code)) as indicator_code,
        lower(trim(org_type)) as org_type,
        upper(trim(org_code)) as org_code,
        numerator,
        denominator,
        value
    from published

)

select * from renamed
