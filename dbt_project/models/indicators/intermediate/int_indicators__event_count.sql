-- One row per log of events, practice, month, kind and measure: of our own practices none is 0 where the log holds all
-- of the month.
with visits as (

    select * from {{ ref('int_contract__contract_event_count') }}
    where code = 'VISIT' and measure = 'events'

),

complaints as (

    select * from {{ ref('int_contract__complaint_count') }}
    where measure = 'received'

),

loaded as (

    select * from {{ ref('int_indicators__loaded_month') }}

),

expected_orgs as (

    select * from {{ ref('int_practice__expected_org') }}
    where org_view = 'as_at'

),

own_practices as (

    select * from {{ ref('int_practice__membership') }}
    where org_view = 'as_at' and org_type = 'commissioner'

),

logs as (

    select
        log_names.dataset,
        log_names.code,
        log_names.measure
    from (
        values ('contract_event', 'VISIT', 'events'), ('complaint', 'COMPLAINT', 'received')
    ) as log_names (dataset, code, measure)

),

events as (

    select * from visits
    union all
    select * from complaints

),

-- what happened at a practice that is not expected counts too
practices as (

    select
        logs.dataset,
        logs.code,
        logs.measure,
        expected_orgs.practice_code as org_code,
        loaded.month
    from logs
    inner join loaded on logs.dataset = loaded.dataset
    inner join expected_orgs on loaded.month = expected_orgs.month
    inner join own_practices
        on
            expected_orgs.month = own_practices.month
            and expected_orgs.practice_code = own_practices.practice_code

    union

    select
        events.dataset,
        events.code,
        events.measure,
        events.org_code,
        events.month
    from events
    inner join loaded
        on
            events.dataset = loaded.dataset
            and events.month = loaded.month

),

counted as (

    select
        practices.dataset,
        practices.org_code,
        practices.month,
        practices.code,
        practices.measure,
        cast(coalesce(events.value, 0) as decimal(28, 5)) as value
    from practices
    left join events
        on
            practices.dataset = events.dataset
            and practices.org_code = events.org_code
            and practices.month = events.month
            and practices.code = events.code
            and practices.measure = events.measure

)

select * from counted
