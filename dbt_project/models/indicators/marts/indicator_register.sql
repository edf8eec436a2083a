-- One row per indicator that the papers name or that is defined beside them: whether it is live, and what it waits for.
with entries as (

    select * from {{ ref('paper_indicator') }}

),

definitions as (

    select * from {{ ref('indicator_definition') }}

),

defined as (

    select
        indicator_id,
        max_by(name, valid_from) as name,
        max_by(domain, valid_from) as domain,
        max_by(numerator_label, valid_from) as numerator_label,
        max_by(denominator_label, valid_from) as denominator_label,
        max_by(unit, valid_from) as unit,
        max_by(direction, valid_from) as direction,
        max_by(owner, valid_from) as owner,
        max_by(source, valid_from) as source
    from definitions
    group by indicator_id

),

results as (

    select distinct indicator_id
    from {{ ref('indicator_result') }}

),

joined as (

    select
        coalesce(entries.indicator_id, defined.indicator_id) as indicator_id,
        coalesce(defined.name, entries.name) as name,
        coalesce(defined.domain, entries.domain) as domain,
        entries.levels,
        coalesce(defined.numerator_label, entries.numerator_label) as numerator_label,
        coalesce(defined.denominator_label, entries.denominator_label) as denominator_label,
        coalesce(defined.unit, entries.unit) as unit,
        coalesce(defined.direction, entries.direction) as direction,
        entries.target,
        entries.feeds,
        entries.kind,
        entries.shown_as,
        defined.owner,
        coalesce(entries.source, defined.source) as source,
        defined.indicator_id is not null as is_defined,
        results.indicator_id is not null as has_results
    from entries
    full outer join defined on entries.indicator_id = defined.indicator_id
    left join results on defined.indicator_id = results.indicator_id

),

final as (

    select
        *,
        case
            when is_defined and has_results then 'live'
            when is_defined then 'awaiting'
            when shown_as is not null then 'live'
            when kind = 'reference' then 'reference'
            else 'awaiting'
        end as state,
        case
            when is_defined and has_results then null
            when is_defined
                then concat('awaiting its feed, which was never received: ', coalesce(feeds, 'see component'))
            when shown_as is not null then concat('shown as ', shown_as)
            when kind = 'reference' then 'a fact of its paper, not computed'
            when kind = 'own feeds' then concat('awaiting a definition; its feeds are: ', feeds)
            else concat('awaiting a feed: ', feeds)
        end as state_reason
    from joined

)

select
    cast(indicator_id as string) as indicator_id,
    cast(name as string) as name,
    cast(domain as string) as domain,
    cast(levels as string) as levels,
    cast(numerator_label as string) as numerator_label,
    cast(denominator_label as string) as denominator_label,
    cast(unit as string) as unit,
    cast(direction as string) as direction,
    cast(target as string) as target,
    cast(feeds as string) as feeds,
    cast(owner as string) as owner,
    cast(source as string) as source,
    cast(state as string) as state,
    cast(state_reason as string) as state_reason
from final
