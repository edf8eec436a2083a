-- One row per indicator version, variant, view, organisation and result month of which counts were not sent, or not by
-- every practice: a practice that sent nothing waits, and is left out of its groups, which say how many were counted
-- and wait where they are too few. Who sent is judged as it was: a successor waits for each of its predecessors.
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
    where org_view = 'as_at'

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}
    where org_view = 'current'

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
        org_windows.org_type,
        org_windows.org_code,
        org_windows.month,
        org_windows.month_index,
        org_windows.months_open,
        definitions.window_months
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
            and org_windows.org_view = 'as_at'

),

-- above and below the line
needed as (

    select
        indicator_id,
        version,
        variant,
        org_type,
        org_code,
        month,
        month_index,
        months_open,
        window_months,
        numerator_component_id as component_id
    from senders

    union all

    select
        indicator_id,
        version,
        variant,
        org_type,
        org_code,
        month,
        month_index,
        months_open,
        window_months,
        denominator_component_id as component_id
    from senders
    where denominator_component_id is not null

),

-- of each component as many months of the window as the organisation was open in it
sent as (

    select
        needed.indicator_id,
        needed.version,
        needed.variant,
        needed.org_type,
        needed.org_code,
        needed.month,
        needed.component_id,
        case when count(component_months.month) >= needed.months_open then 1 else 0 end as is_sent
    from needed
    inner join calendar
        on
            needed.month_index - needed.window_months < calendar.month_index
            and needed.month_index >= calendar.month_index
    left join component_months
        on
            needed.org_type = component_months.org_type
            and needed.org_code = component_months.org_code
            and needed.component_id = component_months.component_id
            and calendar.month = component_months.month
    group by
        needed.indicator_id,
        needed.version,
        needed.variant,
        needed.org_type,
        needed.org_code,
        needed.month,
        needed.component_id,
        needed.months_open

),

judged_as_at as (

    select
        sent.indicator_id,
        sent.version,
        sent.variant,
        sent.org_type,
        sent.org_code,
        sent.month,
        min(sent.is_sent) as has_counts
    from sent
    group by
        sent.indicator_id,
        sent.version,
        sent.variant,
        sent.org_type,
        sent.org_code,
        sent.month

),

judged as (

    select
        indicator_id,
        version,
        variant,
        'as_at' as org_view,
        org_type,
        org_code,
        month,
        has_counts
    from judged_as_at

    union all

    select
        judged_as_at.indicator_id,
        judged_as_at.version,
        judged_as_at.variant,
        'current' as org_view,
        judged_as_at.org_type,
        coalesce(code_map.mapped_practice_code, judged_as_at.org_code) as org_code,
        judged_as_at.month,
        min(judged_as_at.has_counts) as has_counts
    from judged_as_at
    left join code_map
        on
            judged_as_at.org_type = 'practice'
            and judged_as_at.month = code_map.month
            and judged_as_at.org_code = code_map.practice_code
    group by
        judged_as_at.indicator_id,
        judged_as_at.version,
        judged_as_at.variant,
        judged_as_at.org_type,
        coalesce(code_map.mapped_practice_code, judged_as_at.org_code),
        judged_as_at.month

),

with_datasets as (

    select
        judged.*,
        definitions.numerator_dataset as dataset
    from judged
    inner join definitions
        on
            judged.indicator_id = definitions.indicator_id
            and judged.version = definitions.version
            and judged.variant = definitions.variant

),

group_shares as (

    select
        with_datasets.indicator_id,
        with_datasets.version,
        with_datasets.variant,
        with_datasets.dataset,
        with_datasets.org_view,
        memberships.org_type,
        memberships.org_code,
        with_datasets.month,
        cast(sum(with_datasets.has_counts) as integer) as practices_counted,
        cast(count(*) as integer) as practices_expected
    from with_datasets
    inner join memberships
        on
            with_datasets.org_view = memberships.org_view
            and with_datasets.month = memberships.month
            and with_datasets.org_code = memberships.practice_code
    where with_datasets.org_type = 'practice'
    group by
        with_datasets.indicator_id,
        with_datasets.version,
        with_datasets.variant,
        with_datasets.dataset,
        with_datasets.org_view,
        memberships.org_type,
        memberships.org_code,
        with_datasets.month

),

group_states as (

    select
        group_shares.*,
        case
            when
                group_shares.practices_counted = 0
                or group_shares.practices_counted < counted_feeds.min_share * group_shares.practices_expected
                then 'awaiting'
            else 'ok'
        end as state,
        concat(
            cast(group_shares.practices_counted as string), ' of ', cast(group_shares.practices_expected as string),
            ' practices have it'
        ) as senders
    from group_shares
    inner join counted_feeds on group_shares.dataset = counted_feeds.dataset
    where group_shares.practices_counted < group_shares.practices_expected

),

states as (

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
    from with_datasets
    where has_counts = 0

    union all

    select
        indicator_id,
        version,
        variant,
        org_view,
        org_type,
        org_code,
        month,
        state,
        case
            when state = 'ok' then senders
            else concat('awaiting ', dataset, ' ', substr(cast(month as string), 1, 7), ': ', senders)
        end as state_reason
    from group_states

)

select * from states
