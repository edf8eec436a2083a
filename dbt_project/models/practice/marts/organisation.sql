-- One row per organisation and span of days in which its parents do not change.
with register as (

    select * from {{ ref('int_practice__register') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

practice_groups as (

    select * from {{ ref('stg_practice__practice_groups') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

successors as (

    select
        code_map.practice_code,
        code_map.mapped_practice_code as successor_code
    from code_map
    inner join calendar
        on
            code_map.month = calendar.month
            and calendar.is_last_month
    where
        code_map.org_view = 'current'
        and not code_map.is_cycle

),

-- every day on which something about a practice may change
changes as (

    select
        practice_code,
        open_date as change_date
    from register

    union all

    select
        practice_code,
        valid_from as change_date
    from commissioner_links

    union all

    select
        practice_code,
        valid_from as change_date
    from practice_groups

    union all

    select
        practice_code,
        cast(valid_to + interval '1 day' as date) as change_date
    from practice_groups
    where valid_to is not null

),

starts as (

    select distinct
        register.practice_code,
        greatest(changes.change_date, register.open_date) as valid_from
    from changes
    inner join register on changes.practice_code = register.practice_code
    where
        changes.change_date <= coalesce(register.close_date, make_date(9999, 12, 31))
        or changes.change_date = register.open_date

),

spans as (

    select
        practice_code,
        valid_from,
        cast(
            lead(valid_from) over (partition by practice_code order by valid_from) - interval '1 day' as date
        ) as next_change
    from starts

),

grouped as (

    select
        spans.practice_code,
        spans.valid_from,
        max(case when practice_groups.org_type = 'neighbourhood' then practice_groups.org_code end) as neighbourhood,
        max(case when practice_groups.org_type = 'locality' then practice_groups.org_code end) as locality,
        max(case when practice_groups.org_type = 'pcn' then practice_groups.org_code end) as pcn
    from spans
    inner join practice_groups
        on
            spans.practice_code = practice_groups.practice_code
            and spans.valid_from >= practice_groups.valid_from
            and spans.valid_from <= coalesce(practice_groups.valid_to, make_date(9999, 12, 31))
    group by spans.practice_code, spans.valid_from

),

practices as (

    select
        case when register.is_gp_practice then 'practice' else 'cost_centre' end as org_type,
        spans.practice_code as org_code,
        spans.valid_from,
        coalesce(spans.next_change, register.close_date) as valid_to,
        register.name,
        commissioner_links.commissioner_code,
        grouped.neighbourhood,
        grouped.locality,
        grouped.pcn,
        register.status,
        successors.successor_code
    from spans
    inner join register on spans.practice_code = register.practice_code
    left join commissioner_links
        on
            spans.practice_code = commissioner_links.practice_code
            and spans.valid_from >= commissioner_links.valid_from
            and spans.valid_from <= commissioner_links.valid_to
    left join grouped
        on
            spans.practice_code = grouped.practice_code
            and spans.valid_from = grouped.valid_from
    left join successors on spans.practice_code = successors.practice_code

),

-- a neighbourhood lies in a locality only where all its practices do
group_parents as (

    select
        neighbourhood as org_code,
        case when min(locality) = max(locality) then max(locality) end as locality
    from grouped
    where neighbourhood is not null
    group by neighbourhood

),

group_spans as (

    select
        org_type,
        org_code,
        min(valid_from) as valid_from,
        case when count(*) = count(valid_to) then max(valid_to) end as valid_to,
        -- the name of the newest membership
        max_by(org_name, valid_from) as name
    from practice_groups
    group by org_type, org_code

),

-- a group is of the commissioner of all its practices; one of several commissioners is of none of them
group_commissioners as (

    select
        practice_groups.org_type,
        practice_groups.org_code,
        case
            when min(commissioner_links.commissioner_code) = max(commissioner_links.commissioner_code)
                then max(commissioner_links.commissioner_code)
        end as commissioner_code
    from practice_groups
    inner join commissioner_links
        on
            practice_groups.practice_code = commissioner_links.practice_code
            and commissioner_links.valid_from <= coalesce(practice_groups.valid_to, make_date(9999, 12, 31))
            and practice_groups.valid_from <= commissioner_links.valid_to
    where {{ is_own('commissioner_links.commissioner_code') }}
    group by practice_groups.org_type, practice_groups.org_code

),

practice_groups_described as (

    select
        group_spans.org_type,
        group_spans.org_code,
        group_spans.valid_from,
        group_spans.valid_to,
        group_spans.name,
        coalesce({{ only_own_code() }}, group_commissioners.commissioner_code) as commissioner_code,
        cast(null as string) as neighbourhood,
        case when group_spans.org_type = 'neighbourhood' then group_parents.locality end as locality,
        cast(null as string) as pcn,
        case when group_spans.valid_to is null then 'open' else 'closed' end as status,
        cast(null as string) as successor_code
    from group_spans
    left join group_parents on group_spans.org_code = group_parents.org_code
    left join group_commissioners
        on
            group_spans.org_type = group_commissioners.org_type
            and group_spans.org_code = group_commissioners.org_code

),

commissioners as (

    select
        'commissioner' as org_type,
        commissioner_code as org_code,
        min(joined_date) as valid_from,
        cast(null as date) as valid_to,
        case
            when {{ is_own('commissioner_code') }} then concat('Commissioner ', commissioner_code)
        end as name,
        cast(null as string) as commissioner_code,
        cast(null as string) as neighbourhood,
        cast(null as string) as locality,
        cast(null as string) as pcn,
        cast(null as string) as status,
        cast(null as string) as successor_code
    from commissioner_links
    group by commissioner_code

),

systems as (

    select
        'system' as org_type,
        {{ code_of_all() }} as org_code,
        min(valid_from) as valid_from,
        cast(null as date) as valid_to,
        concat('All commissioners of ', {{ code_of_all() }}) as name,
        cast(null as string) as commissioner_code,
        cast(null as string) as neighbourhood,
        cast(null as string) as locality,
        cast(null as string) as pcn,
        cast(null as string) as status,
        cast(null as string) as successor_code
    from commissioners
    where
        {{ is_own('org_code') }}
        and {{ code_of_all() }} <> ''
    having count(*) > 0

),

organisations as (

    select * from practices
    union all
    select * from practice_groups_described
    union all
    select * from commissioners
    union all
    select * from systems

)

select
    cast(org_type as string) as org_type,
    cast(org_code as string) as org_code,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    cast(name as string) as name,
    cast(commissioner_code as string) as commissioner_code,
    cast(neighbourhood as string) as neighbourhood,
    cast(locality as string) as locality,
    cast(pcn as string) as pcn,
    cast(status as string) as status,
    cast(successor_code as string) as successor_code
from organisations
