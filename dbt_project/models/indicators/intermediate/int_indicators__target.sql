-- One row per indicator version, kind of organisation, organisation and span of days: what is to be reached. The months
-- of a plan are targets of their organisation.
with targets as (

    select * from {{ ref('indicator_target') }}

),

trajectories as (

    select * from {{ ref('trajectory') }}

),

definitions as (

    select * from {{ ref('indicator_definition') }}

),

planned as (

    select
        trajectories.indicator_id,
        definitions.version,
        trajectories.org_type,
        trajectories.org_code,
        trajectories.month as valid_from,
        cast(last_day(trajectories.month) as date) as valid_to,
        case when definitions.direction = 'up' then 'at_or_above' else 'at_or_below' end as target_rule,
        trajectories.plan as target,
        cast(null as decimal(8, 5)) as reduction,
        cast(null as decimal(18, 5)) as alternative_target
    from trajectories
    inner join definitions on trajectories.indicator_id = definitions.indicator_id

),

final as (

    select
        indicator_id,
        version,
        org_type,
        org_code,
        valid_from,
        valid_to,
        target_rule,
        target,
        reduction,
        alternative_target
    from targets

    union all

    select * from planned

)

select * from final
