-- One row per set of reference, kind (target or band), indicator version, band, organisation and span of days. A set is
-- whole: that of a commissioner who sends rows of its own (commissioner_code), and that of all others (null). Rows sent
-- of an indicator version and kind stand in the place of everything that the seeds say of these.
with targets as (

    select * from {{ ref('indicator_target') }}

),

trajectories as (

    select * from {{ ref('trajectory') }}

),

definitions as (

    select * from {{ ref('indicator_definition') }}

),

bands as (

    select * from {{ ref('indicator_band') }}

),

sent as (

    select * from {{ ref('stg_contract__indicator_reference') }}

),

shipped as (

    select
        'target' as kind,
        indicator_id,
        version,
        org_type,
        org_code,
        cast(null as string) as band,
        cast(null as integer) as band_order,
        target_rule as rule,
        target as figure,
        reduction,
        alternative_target as alternative_figure,
        valid_from,
        valid_to,
        cast(null as string) as approved_by,
        cast(null as date) as approved_on,
        source
    from targets

    union all

    -- the months of a plan are targets of their organisation; where neither way is good no rule follows from
    -- a plan, and a test of the seeds refuses it
    select
        'target' as kind,
        trajectories.indicator_id,
        definitions.version,
        trajectories.org_type,
        trajectories.org_code,
        cast(null as string) as band,
        cast(null as integer) as band_order,
        case definitions.direction when 'up' then 'at_or_above' when 'down' then 'at_or_below' end as rule,
        trajectories.plan as figure,
        cast(null as decimal(8, 5)) as reduction,
        cast(null as decimal(18, 5)) as alternative_figure,
        trajectories.month as valid_from,
        cast(last_day(trajectories.month) as date) as valid_to,
        cast(null as string) as approved_by,
        cast(null as date) as approved_on,
        trajectories.source
    from trajectories
    inner join definitions on trajectories.indicator_id = definitions.indicator_id

    union all

    select
        'band' as kind,
        indicator_id,
        version,
        cast(null as string) as org_type,
        cast(null as string) as org_code,
        band,
        band_order,
        band_rule as rule,
        cut_point as figure,
        cast(null as decimal(8, 5)) as reduction,
        cast(null as decimal(18, 5)) as alternative_figure,
        valid_from,
        valid_to,
        approved_by,
        cast(null as date) as approved_on,
        source
    from bands

),

senders as (

    select distinct commissioner_code from sent

),

replaced as (

    select distinct
        commissioner_code,
        kind,
        indicator_id,
        version
    from sent

),

kept as (

    select
        senders.commissioner_code,
        shipped.*
    from shipped
    cross join senders
    left join replaced
        on
            senders.commissioner_code = replaced.commissioner_code
            and shipped.kind = replaced.kind
            and shipped.indicator_id = replaced.indicator_id
            and shipped.version = replaced.version
    where replaced.commissioner_code is null

),

final as (

    select
        cast(null as string) as commissioner_code,
        shipped.*
    from shipped

    union all

    select * from kept

    union all

    select
        commissioner_code,
        kind,
        indicator_id,
        version,
        org_type,
        org_code,
        band,
        band_order,
        rule,
        figure,
        reduction,
        alternative_figure,
        valid_from,
        valid_to,
        approved_by,
        approved_on,
        source
    from sent

)

select * from final
