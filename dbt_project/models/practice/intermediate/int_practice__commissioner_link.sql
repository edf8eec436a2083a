-- One row per practice and span of days with one commissioner; the spans of a practice cover all time without overlap.
-- A link lasts until the next one is joined, so a closed practice keeps its last commissioner; the earliest known link
-- also serves the time before it, because the register tells no older one.
with epraccur as (

    select * from {{ ref('stg_practice__epraccur') }}

),

links as (

    select
        practice_code,
        commissioner_code,
        coalesce(joined_commissioner_date, open_date) as joined_date,
        max(snapshot_month) as last_seen
    from epraccur
    where commissioner_code is not null
    group by practice_code, commissioner_code, coalesce(joined_commissioner_date, open_date)

),

-- two snapshots may name two commissioners for one joining date: the newer snapshot corrects the older
ranked as (

    select
        *,
        row_number() over (
            partition by practice_code, joined_date order by last_seen desc, commissioner_code asc
        ) as recency
    from links

),

ordered as (

    select
        practice_code,
        commissioner_code,
        joined_date,
        lag(joined_date) over (partition by practice_code order by joined_date) as previous_joined_date,
        lead(joined_date) over (partition by practice_code order by joined_date) as next_joined_date
    from ranked
    where recency = 1

),

spans as (

    select
        practice_code,
        commissioner_code,
        joined_date,
        case
            when previous_joined_date is null then make_date(1900, 1, 1)
            else joined_date
        end as valid_from,
        coalesce(cast(next_joined_date - interval '1 day' as date), make_date(9999, 12, 31)) as valid_to
    from ordered

)

select * from spans
