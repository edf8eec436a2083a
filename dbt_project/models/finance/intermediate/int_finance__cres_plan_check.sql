-- One row per figure of a printed total of a savings plan and vintage, beside the sum of its schemes.
with cres_plan as (

    select * from {{ ref('stg_finance__cres_plan') }}

),

aged as (

    select
        *,
        {{ version_age(['entity_code', 'financial_year'], 'plan_version') }} as version_age,
        {{ receipt_age(
            ['entity_code', 'financial_year'], 'plan_version', ['row_type', 'scheme_id']
        ) }} as receipt_age
    from cres_plan

),

numbered as (

    select
        *,
        max(version_age) over (partition by entity_code, financial_year) as version_count
    from aged

),

counting as (

    select
        *,
        cast(version_count - version_age + 1 as integer) as vintage,
        version_age = 1 as is_current
    from numbered
    where receipt_age = 1

),

totals as (

    select * from counting
    where row_type = 'total'

),

-- a total that names a category is of that category
sums as (

    select
        totals.entity_code,
        totals.financial_year,
        totals.vintage,
        totals.scheme_id,
        count(schemes.scheme_id) as scheme_count,
        sum(schemes.gross_plan) as gross_plan,
        sum(schemes.investment) as investment,
        sum(schemes.net_plan) as net_plan
    from totals
    left join counting as schemes
        on
            totals.entity_code = schemes.entity_code
            and totals.financial_year = schemes.financial_year
            and totals.vintage = schemes.vintage
            and schemes.row_type = 'line'
            and (totals.category is null or totals.category = schemes.category)
    group by totals.entity_code, totals.financial_year, totals.vintage, totals.scheme_id

),

measures as (

    select measure_values.measure
    from (values ('gross_plan'), ('investment'), ('net_plan')) as measure_values (measure)

),

compared as (

    select
        concat_ws(
            '|', 'cres_plan', totals.entity_code, totals.financial_year, cast(totals.vintage as string),
            totals.scheme_id, measures.measure
        ) as check_id,
        totals.entity_code,
        totals.financial_year,
        totals.vintage,
        totals.is_current,
        totals.scheme_id,
        measures.measure,
        case measures.measure
            when 'gross_plan' then totals.gross_plan
            when 'investment' then totals.investment
            when 'net_plan' then totals.net_plan
        end as printed,
        case measures.measure
            when 'gross_plan' then sums.gross_plan
            when 'investment' then sums.investment
            when 'net_plan' then sums.net_plan
        end as computed,
        -- GBP 1 a scheme
        sums.scheme_count as tolerance
    from totals
    inner join sums
        on
            totals.entity_code = sums.entity_code
            and totals.financial_year = sums.financial_year
            and totals.vintage = sums.vintage
            and totals.scheme_id = sums.scheme_id
    cross join measures

)

select * from compared
