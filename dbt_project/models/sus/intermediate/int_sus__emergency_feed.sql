-- One row per provider and month with emergency attendances: the feed they are read from. One visit may be in both
-- feeds while CDS 011 replaces CDS 010, so each provider-month is read from the one with more records.
with aea as (

    select * from {{ ref('stg_sus__aea') }}

),

ec as (

    select * from {{ ref('stg_sus__ec') }}

),

aea_counts as (

    select
        provider_code,
        month,
        count(*) as aea_rows,
        0 as ec_rows
    from aea
    group by provider_code, month

),

ec_counts as (

    select
        provider_code,
        month,
        0 as aea_rows,
        count(*) as ec_rows
    from ec
    group by provider_code, month

),

both_counts as (

    select * from aea_counts
    union all
    select * from ec_counts

),

counts as (

    select
        provider_code,
        month,
        cast(sum(aea_rows) as bigint) as aea_rows,
        cast(sum(ec_rows) as bigint) as ec_rows
    from both_counts
    group by provider_code, month

),

chosen as (

    select
        provider_code,
        month,
        case when aea_rows > ec_rows then 'aea' else 'ec' end as feed,
        aea_rows,
        ec_rows,
        case
            when ec_rows = 0 or aea_rows = 0 then 'only feed with records'
            when aea_rows = ec_rows then 'as many records in both: the newer data set'
            else 'more records'
        end as reason
    from counts

)

select * from chosen
