-- One row per register and practice contract; printed totals are left out.
with registers as (

    select * from {{ source('feed', 'practice_contract') }}

),

renamed as (

    select
        period as month,
        as_at,
        upper(trim(practice_code)) as practice_code,
        practice_name,
        upper(trim(contract_type)) as contract_type,
        start_date,
        end_date,
        contract_holder,
        {{ yes_no('has_ppg') }} as has_ppg,
        ppg_confirmed_on,
        {{ yes_no('earnings_published') }} as earnings_published,
        replace(earnings_year, '-', '/') as earnings_year,
        {{ yes_no('record_access') }} as record_access,
        lower(trim(list_status)) as list_status,
        upper(trim(requested_move_to)) as requested_move_to
    from registers
    where row_type = 'line'

)

select * from renamed
