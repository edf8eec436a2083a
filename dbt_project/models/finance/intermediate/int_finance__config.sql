-- One row per parameter and span of months in which its value holds.
with finance_config as (

    select * from {{ ref('finance_config') }}

),

spans as (

    select
        parameter,
        value,
        valid_from,
        coalesce(
            cast(lead(valid_from) over (partition by parameter order by valid_from) - interval '1 day' as date),
            make_date(9999, 12, 31)
        ) as valid_to
    from finance_config

)

select * from spans
