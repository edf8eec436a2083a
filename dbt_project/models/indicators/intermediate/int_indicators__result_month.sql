-- One row per indicator version and month at whose end it has results: months of activity, or the months of its own
-- feed of counts, of these the ones in which its period basis has a result due.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

loaded as (

    select * from {{ ref('int_indicators__loaded_month') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

loaded_spans as (

    select
        dataset,
        min(month) as first_month,
        max(month) as last_month
    from loaded
    group by dataset

),

-- of counts that nobody ever sent nothing is awaited month by month: the register of indicators says so once
variant_spans as (

    select
        definitions.indicator_id,
        definitions.version,
        definitions.every_months,
        definitions.due_month,
        not definitions.is_counted or loaded_spans.dataset is not null as is_of_activity,
        case when counted_feeds.has_own_months then loaded_spans.first_month end as first_month,
        case when counted_feeds.has_own_months then loaded_spans.last_month end as last_month
    from definitions
    left join counted_feeds on definitions.numerator_dataset = counted_feeds.dataset
    left join loaded_spans on definitions.numerator_dataset = loaded_spans.dataset

),

due as (

    select distinct
        variant_spans.indicator_id,
        variant_spans.version,
        calendar.month
    from variant_spans
    inner join calendar
        on (
            (variant_spans.is_of_activity and calendar.is_activity_month)
            or calendar.month between variant_spans.first_month and variant_spans.last_month
        )
    -- month_index of a January is a multiple of twelve
    where (calendar.month_index + 1 - variant_spans.due_month) % variant_spans.every_months = 0

)

select * from due
