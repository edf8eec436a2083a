-- One row per register of contracts and practice.
with contracts as (

    select * from {{ ref('stg_contract__practice_contract') }}

),

expected as (

    select * from {{ ref('int_practice__expected') }}

),

expected_months as (

    select distinct month
    from expected

),

-- of a month for which no practice is expected at all nobody knows which should be in the register
described as (

    select
        contracts.*,
        case when expected_months.month is not null then expected.practice_code is not null end as is_expected
    from contracts
    left join expected_months on contracts.month = expected_months.month
    left join expected
        on
            contracts.month = expected.month
            and contracts.practice_code = expected.practice_code

)

select
    cast(month as date) as month,
    cast(as_at as date) as as_at,
    cast(practice_code as string) as practice_code,
    cast(contract_type as string) as contract_type,
    cast(start_date as date) as start_date,
    cast(end_date as date) as end_date,
    has_ppg,
    cast(ppg_confirmed_on as date) as ppg_confirmed_on,
    earnings_published,
    cast(earnings_year as string) as earnings_year,
    record_access,
    cast(list_status as string) as list_status,
    cast(requested_move_to as string) as requested_move_to,
    is_expected
from described
