-- One row per indicator version, variant and result month: how settled the activity in its window is. The least settled
-- month decides; what reads no hospital activity is final when published.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}

),

datasets_read as (

    select * from {{ ref('int_indicators__dataset_read') }}

),

settled_months as (

    select * from {{ ref('int_indicators__settled_month') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

result_months as (

    select * from {{ ref('int_indicators__result_month') }}

),

status_months as (

    select
        settled_months.dataset,
        settled_months.settledness,
        calendar.month_index
    from settled_months
    inner join calendar on settled_months.month = calendar.month

),

activity_reads as (

    select * from datasets_read
    where {{ is_hospital_activity('dataset') }}

),

least_settled as (

    select
        activity_reads.indicator_id,
        activity_reads.version,
        activity_reads.variant,
        result_months.month,
        min(status_months.settledness) as settledness
    from activity_reads
    inner join calendar as result_months on result_months.is_result_month
    inner join status_months
        on
            activity_reads.dataset = status_months.dataset
            and status_months.month_index > result_months.month_index - activity_reads.window_months
            and result_months.month_index >= status_months.month_index
    group by activity_reads.indicator_id, activity_reads.version, activity_reads.variant, result_months.month

),

final as (

    select
        definitions.indicator_id,
        definitions.version,
        definitions.variant,
        result_months.month,
        case
            when definitions.numerator_dataset not like 'sus_%' then 'final'
            when least_settled.settledness = 1 then 'estimate'
            when least_settled.settledness = 2 then 'flex'
            when least_settled.settledness = 3 then 'freeze'
            when least_settled.settledness = 4 then 'final'
        end as activity_status
    from definitions
    inner join result_months
        on
            definitions.indicator_id = result_months.indicator_id
            and definitions.version = result_months.version
    left join least_settled
        on
            definitions.indicator_id = least_settled.indicator_id
            and definitions.version = least_settled.version
            and definitions.variant = least_settled.variant
            and result_months.month = least_settled.month

)

select * from final
