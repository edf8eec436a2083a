-- One row per practice, month of a register, what the register says of it (code) and which count of that (measure).
with contracts as (

    select * from {{ ref('stg_contract__practice_contract') }}

),

requirements as (

    select
        practice_code,
        month,
        'PPG' as code,
        has_ppg as is_met
    from contracts
    union all
    select
        practice_code,
        month,
        'EARNINGS' as code,
        earnings_published as is_met
    from contracts
    union all
    select
        practice_code,
        month,
        'RECORDS' as code,
        record_access as is_met
    from contracts

),

counted as (

    select
        practice_code,
        month,
        code,
        'known' as measure,
        case when is_met is null then 0 else 1 end as value
    from requirements
    union all
    -- What is not known is neither yes nor no: it has no row.
    select
        practice_code,
        month,
        code,
        'yes' as measure,
        case when is_met then 1 else 0 end as value
    from requirements
    where is_met is not null
    union all
    select
        practice_code,
        month,
        'CONTRACT' as code,
        'gms' as measure,
        case when contract_type = 'GMS' then 1 else 0 end as value
    from contracts
    union all
    select
        practice_code,
        month,
        'CONTRACT' as code,
        'pms' as measure,
        case when contract_type = 'PMS' then 1 else 0 end as value
    from contracts
    union all
    select
        practice_code,
        month,
        'CONTRACT' as code,
        'apms' as measure,
        case when contract_type = 'APMS' then 1 else 0 end as value
    from contracts

),

shaped as (

    select
        'practice_contract' as dataset,
        practice_code as org_code,
        month,
        code,
        measure,
        cast(value as decimal(28, 5)) as value
    from counted

)

select * from shaped
