-- One row per complaint about a general practice; printed totals are left out.
with complaints as (

    select * from {{ source('feed', 'complaint') }}

),

renamed as (

    select
        trim(complaint_ref) as complaint_ref,
        replace(trim(financial_year), '-', '/') as financial_year,
        received_on,
        coalesce(
            cast(date_trunc('month', received_on) as date), {{ ledger_month("financial_year", "12") }}
        ) as month,
        upper(trim(practice_code)) as practice_code,
        case
            when lower(trim(outcome)) like '%upheld' and lower(trim(outcome)) <> 'not upheld' then 'upheld'
            else replace(lower(trim(outcome)), ' ', '_')
        end as outcome,
        lower(trim(theme)) as theme
    from complaints
    where row_type = 'line'

)

select * from renamed
