-- One row per view, organisation and month with a figure, of commissioners that send targets or bands of their own:
-- whose set of reference judges the figure. A practice is judged by its commissioner on the first day of the month (in
-- the current view: of the last month), a group by the commissioner of this deployment, whose it is.
with comparisons as (

    select * from {{ ref('int_indicators__comparison') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

commissioner_links as (

    select * from {{ ref('int_practice__commissioner_link') }}

),

senders as (

    select distinct commissioner_code from {{ ref('stg_contract__indicator_reference') }}

),

keys as (

    select distinct
        comparisons.org_view,
        comparisons.org_type,
        comparisons.org_code,
        comparisons.month,
        case when comparisons.org_view = 'current' then last_months.month else comparisons.month end as judged_on
    from comparisons
    inner join calendar as last_months on last_months.is_last_month

),

commissioned as (

    select
        keys.org_view,
        keys.org_type,
        keys.org_code,
        keys.month,
        case
            when keys.org_type = 'practice' then commissioner_links.commissioner_code
            else '{{ var("commissioner") }}'
        end as commissioner_code
    from keys
    left join commissioner_links
        on
            keys.org_type = 'practice'
            and keys.org_code = commissioner_links.practice_code
            and keys.judged_on >= commissioner_links.valid_from
            and keys.judged_on <= commissioner_links.valid_to

),

final as (

    select commissioned.*
    from commissioned
    inner join senders on commissioned.commissioner_code = senders.commissioner_code

)

select * from final
