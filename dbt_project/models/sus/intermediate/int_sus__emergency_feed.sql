-- One row per provider and month with emergency attendances: the feed they are read from. One visit may be in both
-- feeds while CDS 011 replaces CDS 010, so each provider-month is read from the one with more records that are no known
-- duplicates. unread_rows_apart are visits that this loses: of days, or of departments of a day, that the feed that is
-- read has not. A provider that moved within the month, or with one of its departments, has a part in each feed.
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
        arrival_date,
        aea_department_type as department_type,
        count(*) as aea_rows,
        0 as ec_rows
    from aea
    group by provider_code, month, arrival_date, aea_department_type

),

ec_counts as (

    select
        provider_code,
        month,
        arrival_date,
        ec_department_type as department_type,
        0 as aea_rows,
        count(*) as ec_rows
    from ec
    where coalesce(der_dupe_flag, 0) = 0
    group by provider_code, month, arrival_date, ec_department_type

),

both_counts as (

    select * from aea_counts
    union all
    select * from ec_counts

),

department_counts as (

    select
        provider_code,
        month,
        arrival_date,
        department_type,
        sum(aea_rows) as aea_rows,
        sum(ec_rows) as ec_rows
    from both_counts
    group by provider_code, month, arrival_date, department_type

),

counts as (

    select
        provider_code,
        month,
        cast(sum(aea_rows) as bigint) as aea_rows,
        cast(sum(ec_rows) as bigint) as ec_rows,
        cast(sum(case when ec_rows = 0 then aea_rows else 0 end) as bigint) as aea_rows_apart,
        cast(sum(case when aea_rows = 0 then ec_rows else 0 end) as bigint) as ec_rows_apart
    from department_counts
    group by provider_code, month

),

chosen as (

    select
        provider_code,
        month,
        case when aea_rows > ec_rows then 'aea' else 'ec' end as feed,
        aea_rows,
        ec_rows,
        case when aea_rows > ec_rows then ec_rows else aea_rows end as unread_rows,
        case when aea_rows > ec_rows then ec_rows_apart else aea_rows_apart end as unread_rows_apart,
        case
            when ec_rows = 0 or aea_rows = 0 then 'only feed with records'
            when aea_rows = ec_rows then 'as many records in both: the newer data set'
            else 'more records'
        end as reason
    from counts

)

select * from chosen
