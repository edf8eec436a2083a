-- One row per dataset and month that is loaded, under the names that components know: hospital activity by its
-- activity dataset, every other feed by its own name.
with data_months as (

    select * from {{ ref('stg_ledger__data_month') }}

),

activity_months as (

    select * from {{ ref('int_sus__data_month') }}

),

loaded as (

    select
        dataset,
        month
    from data_months
    where is_loaded

    union

    select
        dataset,
        month
    from activity_months
    where is_loaded

)

select * from loaded
