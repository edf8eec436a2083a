-- One row per dataset, provider, code and month: who was within a standard, or beyond it, of all who waited or came.
with waits as (

    select * from {{ ref('int_performance__provider_wait') }}

),

attendances as (

    select * from {{ ref('stg_performance__monthly_ae') }}

),

of_waits as (

    select
        dataset,
        provider_code,
        max(provider_name) as provider_name,
        code,
        month,
        case dataset
            when 'rtt_waiting_list' then 'within_18_weeks'
            when 'diagnostic_waits' then 'six_weeks_or_more'
            else 'within_standard'
        end as measure,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        -- Where nothing is printed nothing was compared; a single total that differs is enough.
        min(case
            when printed_denominator is null then null
            when printed_numerator = numerator and printed_denominator = denominator then 1
            else 0
        end) = 1 as agrees_with_printed
    from waits
    group by dataset, provider_code, code, month

),

of_england as (

    select
        month,
        sum(case when is_total_row then attendances end) as printed_attendances,
        sum(case when is_total_row then over_4_hours end) as printed_over_4_hours,
        sum(case when not is_total_row then attendances end) as attendances,
        sum(case when not is_total_row then over_4_hours end) as over_4_hours
    from attendances
    group by month

),

of_attendances as (

    select
        'monthly_ae' as dataset,
        attendances.provider_code,
        attendances.provider_name,
        'AE' as code,
        attendances.month,
        'within_4_hours' as measure,
        attendances.attendances - attendances.over_4_hours as numerator,
        attendances.attendances as denominator,
        of_england.printed_attendances = of_england.attendances
        and of_england.printed_over_4_hours = of_england.over_4_hours as agrees_with_printed
    from attendances
    inner join of_england on attendances.month = of_england.month
    where not attendances.is_total_row

),

performance as (

    select
        dataset,
        provider_code,
        provider_name,
        code,
        month,
        measure,
        numerator,
        denominator,
        agrees_with_printed
    from of_waits
    union all
    select
        dataset,
        provider_code,
        provider_name,
        code,
        month,
        measure,
        numerator,
        denominator,
        agrees_with_printed
    from of_attendances

)

select
    cast(dataset as string) as dataset,
    cast(provider_code as string) as provider_code,
    cast(provider_name as string) as provider_name,
    cast(code as string) as code,
    cast(month as date) as month,
    cast(measure as string) as measure,
    cast(numerator as decimal(28, 5)) as numerator,
    cast(denominator as decimal(28, 5)) as denominator,
    cast(case when denominator > 0 then 100 * numerator / denominator end as decimal(9, 4)) as value,
    cast(agrees_with_printed as boolean) as agrees_with_printed
from performance
