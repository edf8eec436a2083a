-- One row per hospital component and month in which it can be counted: its dataset is loaded, and so are the months
-- before that it looks back to.
with definitions as (

    select * from {{ ref('component_definition') }}

),

data_months as (

    select * from {{ ref('int_sus__data_month') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

loaded as (

    select
        data_months.dataset,
        data_months.month,
        calendar.month_index
    from data_months
    inner join calendar on data_months.month = calendar.month
    where data_months.is_loaded

),

months_behind as (

    select
        definitions.component_id,
        definitions.dataset,
        definitions.measure,
        coalesce(definitions.lookback_months, 0) as lookback_months,
        loaded.month,
        count(earlier_months.month) as months_loaded
    from definitions
    inner join loaded on definitions.dataset = loaded.dataset
    inner join loaded as earlier_months
        on
            loaded.dataset = earlier_months.dataset
            and loaded.month_index >= earlier_months.month_index
            and loaded.month_index - coalesce(definitions.lookback_months, 0) <= earlier_months.month_index
    group by
        definitions.component_id, definitions.dataset, definitions.measure, definitions.lookback_months, loaded.month

),

countable as (

    select
        component_id,
        dataset,
        measure,
        month
    from months_behind
    where months_loaded = lookback_months + 1

)

select * from countable
