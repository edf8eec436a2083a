-- One row per commissioner, indicator version, kind, band, organisation and span of days: what it approved.
with sent as (

    select * from {{ source('feed', 'indicator_reference') }}

),

renamed as (

    select
        commissioner_code,
        kind,
        indicator_id,
        version,
        org_type,
        org_code,
        band,
        cast(band_order as integer) as band_order,
        rule,
        figure,
        reduction,
        alternative_figure,
        valid_from,
        valid_to,
        approved_by,
        approved_on,
        source
    from sent

)

select * from renamed
