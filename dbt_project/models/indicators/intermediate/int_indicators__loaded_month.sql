-- One row per dataset and month that is loaded, under the names that components know: hospital activity by its
-- activity dataset, every other feed by its own name.
with data_months as (

    select * from {{ ref('stg_ledger__data_month') }}

),

activity_months as (

    select * from {{ ref('int_sus__data_month') }}

),

event_coverage as (

    select * from {{ ref('stg_contract__contract_event_coverage') }}
    where event_type = 'visit' and is_covered

),

complaints as (

    select max(month) as newest_month
    from {{ ref('stg_contract__complaint') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

-- the log of visits is a register: it holds the months that it says it holds whole. Of a month before the first of any
-- other feed nobody knows which practices there were, so that their visits cannot be counted.
event_months as (

    select distinct
        'contract_event' as dataset,
        calendar.month
    from event_coverage
    inner join calendar
        on
            event_coverage.complete_from <= calendar.month
            and event_coverage.complete_to >= calendar.period_end
    where calendar.is_data_month

),

loaded as (

    select
        dataset,
        month
    from data_months
    where is_loaded and dataset <> 'complaint'

    union

    -- a year of complaints is known as far as the newest complaint, not to its end
    select
        data_months.dataset,
        data_months.month
    from data_months
    inner join complaints on data_months.month <= complaints.newest_month
    where data_months.is_loaded and data_months.dataset = 'complaint'

    union

    select
        dataset,
        month
    from activity_months
    where is_loaded

    union

    select
        dataset,
        month
    from event_months

    -- who sent a return is known from the list of returns before their answers are published
    union

    select
        'friends_and_family' as dataset,
        month
    from data_months
    where dataset = 'friends_and_family_submission' and is_loaded

)

select * from loaded
