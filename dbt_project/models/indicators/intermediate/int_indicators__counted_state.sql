-- One row per indicator version, variant, view, organisation and result month of which counts were not sent, or by too
-- few practices: a practice that sent nothing waits, and is left out of its groups.
with definitions as (

    select * from {{ ref('int_indicators__definition') }}
    where is_counted

),

counted_feeds as (

    select * from {{ ref('counted_feed') }}

),

result_months as (

    select * from {{ ref('int_indicators__result_month') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

org_windows as (

    select * from {{ ref('int_indicators__org_window') }}

),

component_months as (

    select * from {{ ref('int_indicators__org_component_month') }}

),

memberships as (

    select * from {{ ref('int_practice__membership') }}

),

senders as (

    select
        definitions.indicator_id,
        definitions.version,
        definitions.variant,
        definitions.numerator_dataset as dataset,
        definitions.numerator_component_id,
        definitions.denominator_component_id,
        definitions.window_months,
        definitions.window_months
        * case when definitions.denominator_component_id is null then 1 else 2 end as counts_due,
        org_windows.org_view,
        org_windows.org_type,
        org_windows.org_code,
        org_windows.month,
        org_windows.month_index
    from definitions
    inner join result_months
        on
            definitions.indicator_id = result_months.indicator_id
            and definitions.version = result_months.version
    inner join org_windows
        on
            result_months.month = org_windows.month
            and definitions.window_months = org_windows.window_months
            and definitions.org_level = org_windows.org_type

),

-- every month of the window was sent, above and below the line
sent as (

    select
        senders.indicator_id,
        senders.version,
        senders.variant,
        senders.org_view,
        senders.org_type,
        senders.org_code,
        senders.month
    from senders
    inner join calendar
        on
            senders.month_index - senders.window_months < calendar.month_index
            and senders.month_index >= calendar.month_index
    inner join component_months
        on
            senders.org_view = component_months.org_view
            and senders.org_type = component_months.org_type
            and senders.org_code = component_months.org_code
            and component_months.component_id in (senders.numerator_component_id, senders.denominator_component_id)
            and calendar.month = component_months.month
    group by
        senders.indicator_id,
        senders.version,
        senders.variant,
        senders.org_view,
        senders.org_type,
        senders.org_code,
        senders.month,
        senders.counts_due
    having count(*) = senders.counts_due

),

judged as (

    select
        senders.*,
        case when sent.org_code is null then 0 else 1 end as has_counts
    from senders
    left join sent
        on
            senders.indicator_id = sent.indicator_id
            and senders.version = sent.version
            and senders.variant = sent.variant
            and senders.org_view = sent.org_view
            and senders.org_type = sent.org_type
            and senders.org_code = sent.org_code
            and senders.month = sent.month

),

group_shares as (

    select
        judged.indicator_id,
        judged.version,
        judged.variant,
        judged.dataset,
        judged.org_view,
        memberships.org_type,
        memberships.org_code,
        judged.month,
        sum(judged.has_counts) as practices_counted,
        count(*) as practices_expected
    from judged
    inner join memberships
        on
            judged.org_view = memberships.org_view
            and judged.month = memberships.month
            and judged.org_code = memberships.practice_code
    where judged.org_type = 'practice'
    group by
        judged.indicator_id,
        judged.version,
        judged.variant,
        judged.dataset,
        judged.org_view,
        memberships.org_type,
        memberships.org_code,
        judged.month

),

waiting as (

    select
        indicator_id,
        version,
        variant,
        org_view,
        org_type,
        org_code,
        month,
        'awaiting' as state,
        concat('awaiting ', dataset, ' ', substr(cast(month as string), 1, 7), ' of the ', org_type) as state_reason
    from judged
    where has_counts = 0

    union all

    select
        group_shares.indicator_id,
        group_shares.version,
        group_shares.variant,
        group_shares.org_view,
        group_shares.org_type,
        group_shares.org_code,
        group_shares.month,
        'awaiting' as state,
        concat(
            'awaiting ', group_shares.dataset, ' ', substr(cast(group_shares.month as string), 1, 7), ': ',
            cast(cast(group_shares.practices_counted as integer) as string), ' of ',
            cast(cast(group_shares.practices_expected as integer) as string), ' practices sent it'
        ) as state_reason
    from group_shares
    inner join counted_feeds on group_shares.dataset = counted_feeds.dataset
    where
        group_shares.practices_counted = 0
        or group_shares.practices_counted < counted_feeds.min_share * group_shares.practices_expected

)

select * from waiting
