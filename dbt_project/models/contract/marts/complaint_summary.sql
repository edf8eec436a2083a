-- One row per commissioner, financial year, group (all, practices, outcome, theme) and name: how many complaints,
-- without practices.
with received as (

    select * from {{ ref('stg_contract__complaint') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

-- of one commissioner the file is its own; of several it is told by the practice whose a complaint is
owned as (

    select
        received.*,
        coalesce({{ only_own_code() }}, commissioner_links.commissioner_code) as commissioner_code
    from received
    left join commissioner_links
        on
            received.practice_code = commissioner_links.practice_code
            and received.month between commissioner_links.valid_from and commissioner_links.valid_to

),

complaints as (

    select * from owned
    where {{ is_own('commissioner_code') }}

),

-- a file is the year so far and does not tell its day: it is known to the end of the month of its last complaint
years as (

    select
        commissioner_code,
        financial_year,
        cast(last_day(max(month)) as date) as as_at,
        count(*) as complaints,
        count(distinct practice_code) as practices
    from complaints
    group by commissioner_code, financial_year

),

-- of one or two practices outcomes and themes would tell what was complained of where (ADR 0011)
broken_down as (

    select complaints.*
    from complaints
    inner join years
        on
            complaints.commissioner_code = years.commissioner_code
            and complaints.financial_year = years.financial_year
    where years.practices >= 3

),

counted as (

    select
        commissioner_code,
        financial_year,
        'all' as summary_group,
        'complaints' as name,
        false as is_ranked,
        complaints
    from years
    union all
    select
        commissioner_code,
        financial_year,
        'practices' as summary_group,
        'practices' as name,
        false as is_ranked,
        practices as complaints
    from years
    union all
    select
        commissioner_code,
        financial_year,
        'outcome' as summary_group,
        coalesce(outcome, 'without_outcome') as name,
        outcome is not null as is_ranked,
        count(*) as complaints
    from broken_down
    group by commissioner_code, financial_year, outcome
    union all
    select
        commissioner_code,
        financial_year,
        'theme' as summary_group,
        coalesce(theme, 'without_theme') as name,
        theme is not null as is_ranked,
        count(*) as complaints
    from broken_down
    group by commissioner_code, financial_year, theme

),

ranked as (

    select
        counted.*,
        years.as_at,
        case
            when counted.is_ranked
                then rank() over (
                    partition by
                        counted.commissioner_code, counted.financial_year, counted.summary_group, counted.is_ranked
                    order by counted.complaints desc
                )
        end as rank
    from counted
    inner join years
        on
            counted.commissioner_code = years.commissioner_code
            and counted.financial_year = years.financial_year

)

select
    cast(commissioner_code as string) as commissioner_code,
    cast(financial_year as string) as financial_year,
    cast(as_at as date) as as_at,
    cast(summary_group as string) as summary_group,
    cast(name as string) as name,
    cast(complaints as integer) as complaints,
    cast(rank as integer) as rank
from ranked
