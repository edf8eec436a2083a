-- One row per organisation code: the newest record that any register snapshot has of it.
with epraccur as (

    select * from {{ ref('stg_practice__epraccur') }}

),

ranked as (

    select
        *,
        row_number() over (partition by practice_code order by snapshot_month desc, open_date desc) as recency
    from epraccur

),

newest as (

    select
        practice_code,
        name,
        postcode,
        status,
        is_gp_practice,
        open_date,
        close_date
    from ranked
    where recency = 1

)

select * from newest
