-- One row per month, provider, commissioner and diagnostic test, and one for their printed total (is_total_row).
with diagnostic_waits as (

    select * from {{ source('feed', 'diagnostic_waits') }}

),

renamed as (

    select
        month,
        provider_code,
        provider_name,
        commissioner_code,
        commissioner_name,
        diagnostic_test,
        upper(diagnostic_test) = 'TOTAL' as is_total_row,
        total_waiting as waiting,
        weeks_06_07 + weeks_07_08 + weeks_08_09 + weeks_09_10 + weeks_10_11 + weeks_11_12 + weeks_12_13
        + weeks_13_plus as six_weeks_or_more
    from diagnostic_waits

)

select * from renamed
