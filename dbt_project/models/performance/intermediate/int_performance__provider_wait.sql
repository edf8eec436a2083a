-- One row per dataset, code, month, provider and commissioner: who was within a standard, or beyond it, of all.
-- Parts are added up and printed totals kept beside them; of a cancer standard without parts the total stands for them.
with pathways as (

    select * from {{ ref('stg_performance__rtt_waiting_list') }}

),

diagnostics as (

    select * from {{ ref('stg_performance__diagnostic_waits') }}

),

cancers as (

    select * from {{ ref('stg_performance__cancer_waits') }}

),

counted as (

    select
        'rtt_waiting_list' as dataset,
        'RTT' as code,
        month,
        provider_code,
        provider_name,
        commissioner_code,
        is_total_row,
        within_18 as numerator,
        waiting as denominator,
        over_52
    from pathways
    union all
    select
        'diagnostic_waits' as dataset,
        'DM01' as code,
        month,
        provider_code,
        provider_name,
        commissioner_code,
        is_total_row,
        six_weeks_or_more as numerator,
        waiting as denominator,
        null as over_52
    from diagnostics
    union all
    select
        'cancer_waits' as dataset,
        code,
        month,
        provider_code,
        provider_name,
        commissioner_code,
        is_total_row,
        within_standard as numerator,
        total as denominator,
        null as over_52
    from cancers

),

summed as (

    select
        dataset,
        code,
        month,
        provider_code,
        commissioner_code,
        max(provider_name) as provider_name,
        sum(case when not is_total_row then numerator end) as parts_numerator,
        sum(case when not is_total_row then denominator end) as parts_denominator,
        sum(case when not is_total_row then over_52 end) as over_52,
        sum(case when is_total_row then numerator end) as printed_numerator,
        sum(case when is_total_row then denominator end) as printed_denominator
    from counted
    group by dataset, code, month, provider_code, commissioner_code

)

select
    dataset,
    code,
    month,
    provider_code,
    commissioner_code,
    provider_name,
    cast(coalesce(parts_numerator, printed_numerator) as decimal(28, 5)) as numerator,
    cast(coalesce(parts_denominator, printed_denominator) as decimal(28, 5)) as denominator,
    cast(over_52 as decimal(28, 5)) as over_52,
    cast(printed_numerator as decimal(28, 5)) as printed_numerator,
    cast(printed_denominator as decimal(28, 5)) as printed_denominator
from summed
