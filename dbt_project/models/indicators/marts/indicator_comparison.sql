-- One row per headline indicator version, practice of the commissioner and period end with a figure: beside the others.
with comparisons as (

    select * from {{ ref('int_statistics__comparison') }}

),

peer_groups as (

    select * from {{ ref('int_statistics__peer_group') }}

),

placed as (

    select
        comparisons.*,
        peer_groups.peer_group
    from comparisons
    left join peer_groups
        on
            comparisons.org_code = peer_groups.practice_code
            and comparisons.month = peer_groups.month

),

-- a group of fewer than three tells of one practice what the others are
peers as (

    select
        indicator_id,
        version,
        month,
        peer_group,
        count(*) as peer_count,
        median(value) as peer_median
    from placed
    where peer_group is not null
    group by indicator_id, version, month, peer_group
    having count(*) >= 3

),

final as (

    select
        placed.*,
        peers.peer_count,
        peers.peer_median
    from placed
    left join peers
        on
            placed.indicator_id = peers.indicator_id
            and placed.version = peers.version
            and placed.month = peers.month
            and placed.peer_group = peers.peer_group

)

select
    cast(indicator_id as string) as indicator_id,
    cast(version as string) as version,
    cast(org_code as string) as practice_code,
    cast(period_end as date) as period_end,
    cast(value as double) as value,
    cast(ci_lower as double) as ci_lower,
    cast(ci_upper as double) as ci_upper,
    cast(denominator as decimal(38, 10)) as denominator,
    cast(benchmark as double) as benchmark,
    cast(alert_lower as double) as alert_lower,
    cast(alert_upper as double) as alert_upper,
    cast(outlier_lower as double) as outlier_lower,
    cast(outlier_upper as double) as outlier_upper,
    cast(spread as double) as spread,
    cast(outlier as string) as outlier,
    cast(place as integer) as place,
    cast(best_place as integer) as best_place,
    cast(worst_place as integer) as worst_place,
    cast(practices_ranked as integer) as practices_ranked,
    cast(is_small_denominator as boolean) as is_small_denominator,
    cast(peer_group as string) as peer_group,
    cast(peer_count as integer) as peer_count,
    cast(peer_median as double) as peer_median
from final
