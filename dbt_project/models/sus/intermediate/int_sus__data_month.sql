-- One row per activity dataset (sus_ae, sus_apc, sus_op) and month: whether any submission is in force for it.
with data_months as (

    select * from {{ ref('stg_ledger__data_month') }}

),

-- episodes alone are no admissions
activity as (

    select
        month,
        is_loaded,
        case
            when dataset in ('sus_aea', 'sus_ec') then 'sus_ae'
            when dataset = 'sus_apcs' then 'sus_apc'
            when dataset = 'sus_opa' then 'sus_op'
        end as dataset
    from data_months

),

loaded as (

    select
        dataset,
        month,
        max(case when is_loaded then 1 else 0 end) = 1 as is_loaded
    from activity
    where dataset is not null
    group by dataset, month

)

select * from loaded
