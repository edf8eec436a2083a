-- One row per month, from twelve months before the first month that any feed has to the last one.
-- All calendar arithmetic lives here: windows elsewhere are ranges of month_index (year * 12 + month - 1).
with data_month as (

    select * from {{ ref('stg_ledger__data_month') }}

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

digits as (

    select digit_values.digit
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digit_values (digit)

),

numbers as (

    select ones.digit + 10 * tens.digit + 100 * hundreds.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds

),

-- results are made for the months that some feed of prescribing, of hospital activity or of counts made elsewhere has
activity as (

    select
        data_month.*,
        data_month.is_loaded
        and data_month.dataset in (
            'epd', 'epact2_age_band', 'sus_aea', 'sus_ec', 'sus_apcs', 'sus_apce', 'sus_opa'
        ) as has_activity,
        data_month.is_loaded and coalesce(counted_feeds.has_own_months, false) as has_counts
    from data_month
    left join counted_feeds on data_month.dataset = counted_feeds.dataset

),

bounds as (

    select
        min(month) as first_data_month,
        max(month) as last_data_month,
        min(case when has_activity then month end) as first_activity_month,
        max(case when has_activity then month end) as last_activity_month,
        min(case when has_activity or has_counts then month end) as first_result_month,
        max(case when has_activity or has_counts then month end) as last_result_month,
        min(extract(year from month) * 12 + extract(month from month) - 1) as first_month_index,
        max(extract(year from month) * 12 + extract(month from month) - 1) as last_month_index
    from activity

),

indexed as (

    select
        bounds.first_data_month,
        bounds.last_data_month,
        bounds.first_activity_month,
        bounds.last_activity_month,
        bounds.first_result_month,
        bounds.last_result_month,
        cast(bounds.first_month_index - 12 + numbers.number as integer) as month_index
    from bounds
    inner join numbers on bounds.first_month_index - 12 + numbers.number <= bounds.last_month_index

),

months as (

    select
        *,
        make_date(cast(floor(month_index / 12) as integer), month_index % 12 + 1, 1) as month
    from indexed

),

described as (

    select
        month,
        month_index,
        cast(last_day(month) as date) as period_end,
        -- the 31 March that ended the financial year before the one of this month
        make_date(
            cast(
                extract(year from month) - case when extract(month from month) < 4 then 1 else 0 end as integer
            ), 3, 31
        ) as previous_financial_year_end,
        month >= first_data_month as is_data_month,
        coalesce(month between first_activity_month and last_activity_month, false) as is_activity_month,
        coalesce(month between first_result_month and last_result_month, false) as is_result_month,
        -- the month at which "current" is judged
        month = coalesce(last_result_month, last_data_month) as is_last_month
    from months

)

select * from described
