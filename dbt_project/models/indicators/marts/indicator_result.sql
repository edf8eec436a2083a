-- One row per indicator, version, variant, view, organisation and period.
with results as (

    select * from {{ ref('int_indicators__banded') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

datasets_read as (

    select * from {{ ref('int_indicators__dataset_read') }}

),

months_loaded as (

    select * from {{ ref('int_indicators__loaded_month') }}

),

activity_statuses as (

    select * from {{ ref('int_indicators__activity_status') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

charts as (

    select * from {{ ref('int_statistics__spc') }}

),

comparisons as (

    select * from {{ ref('int_statistics__comparison') }}

),

-- a group none of whose practices could be judged has no row here
achieving as (

    select
        results.indicator_id,
        results.version,
        results.variant,
        results.org_view,
        memberships.org_type,
        memberships.org_code,
        results.period_end,
        cast(sum(case when results.band in ('A', 'met') then 1 else 0 end) as integer) as numbers_achieving,
        cast(count(*) as integer) as orgs_judged
    from results
    inner join memberships
        on
            results.org_view = memberships.org_view
            and results.month = memberships.month
            and results.org_code = memberships.practice_code
    where
        results.org_type = 'practice'
        and results.is_judged
    group by
        results.indicator_id,
        results.version,
        results.variant,
        results.org_view,
        memberships.org_type,
        memberships.org_code,
        results.period_end

),

months_complete as (

    select
        datasets_read.indicator_id,
        datasets_read.version,
        datasets_read.variant,
        datasets_read.window_months,
        months_loaded.month
    from datasets_read
    left join months_loaded on datasets_read.dataset = months_loaded.dataset
    group by
        datasets_read.indicator_id,
        datasets_read.version,
        datasets_read.variant,
        datasets_read.window_months,
        months_loaded.month
    having
        count(*) = (
            select count(*)
            from datasets_read as all_read
            where
                all_read.indicator_id = datasets_read.indicator_id
                and all_read.version = datasets_read.version
                and all_read.variant = datasets_read.variant
        )

),

newest_data as (

    select
        months_complete.indicator_id,
        months_complete.version,
        months_complete.variant,
        result_months.month,
        max(months_complete.month) as data_month
    from months_complete
    inner join calendar as value_months on months_complete.month = value_months.month
    inner join calendar as result_months
        on
            result_months.is_result_month
            and value_months.month_index <= result_months.month_index
            and result_months.month_index < value_months.month_index + months_complete.window_months
    group by
        months_complete.indicator_id,
        months_complete.version,
        months_complete.variant,
        result_months.month

),

-- whose chart and comparison it is stands with the columns: among what is joined on DuckDB took a hundred times as long
final as (

    select
        results.*,
        case when results.state = 'ok' then achieving.numbers_achieving end as numbers_achieving,
        case when results.state = 'ok' then achieving.orgs_judged end as orgs_judged,
        case when results.is_headline and results.org_view = 'as_at' then charts.variation end as spc_variation,
        case
            when results.is_headline and results.org_view = 'as_at' and results.org_type = 'practice'
                then comparisons.outlier
        end as outlier,
        newest_data.data_month,
        activity_statuses.activity_status
    from results
    left join charts
        on
            results.indicator_id = charts.indicator_id
            and results.version = charts.version
            and results.org_type = charts.org_type
            and results.org_code = charts.org_code
            and results.month = charts.month
    left join comparisons
        on
            results.indicator_id = comparisons.indicator_id
            and results.version = comparisons.version
            and results.org_code = comparisons.org_code
            and results.month = comparisons.month
    left join achieving
        on
            results.indicator_id = achieving.indicator_id
            and results.version = achieving.version
            and results.variant = achieving.variant
            and results.org_view = achieving.org_view
            and results.org_type = achieving.org_type
            and results.org_code = achieving.org_code
            and results.period_end = achieving.period_end
    left join newest_data
        on
            results.indicator_id = newest_data.indicator_id
            and results.version = newest_data.version
            and results.variant = newest_data.variant
            and results.month = newest_data.month
    left join activity_statuses
        on
            results.indicator_id = activity_statuses.indicator_id
            and results.version = activity_statuses.version
            and results.variant = activity_statuses.variant
            and results.month = activity_statuses.month

)

select
    cast(indicator_id as string) as indicator_id,
    cast(version as string) as version,
    cast(variant as string) as variant,
    cast(is_headline as boolean) as is_headline,
    cast(org_view as string) as org_view,
    cast(org_type as string) as org_type,
    cast(org_code as string) as org_code,
    cast(period_end as date) as period_end,
    cast(window_start as date) as window_start,
    cast(months_open as integer) as months_open,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    cast(value as double) as value,
    cast(target as double) as target,
    cast(alternative_target as double) as alternative_target,
    cast(band as string) as band,
    cast(rag as string) as rag,
    cast(baseline_value as double) as baseline_value,
    cast(previous_value as double) as previous_value,
    cast(trend as string) as trend,
    cast(trend_meaning as string) as trend_meaning,
    cast(numbers_achieving as integer) as numbers_achieving,
    cast(orgs_judged as integer) as orgs_judged,
    cast(orgs_expected as integer) as orgs_expected,
    cast(spc_variation as string) as spc_variation,
    cast(outlier as string) as outlier,
    cast(state as string) as state,
    cast(state_reason as string) as state_reason,
    cast(data_month as date) as data_month,
    cast(activity_status as string) as activity_status,
    cast(null as string) as release_id
from final
