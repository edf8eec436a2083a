-- One row per practice of the commissioner and month in which it has a list: which practices are most like it, by list
-- size and, where it is known, by deprivation.
with practice_months as (

    select * from {{ ref('practice_month') }}

),

deprivation as (

    select * from {{ ref('stg_quality__practice_deprivation') }}

),

config as (

    select * from {{ ref('int_statistics__config') }}

),

own as (

    select
        month,
        practice_code,
        list_size
    from practice_months
    where {{ is_own('commissioner_code') }} and list_size is not null

),

-- the edition of a year describes the years that follow it
editions as (

    select
        own.month,
        own.practice_code,
        deprivation.imd_score,
        row_number() over (partition by own.month, own.practice_code order by deprivation.imd_year desc) as recency
    from own
    inner join deprivation
        on
            own.practice_code = deprivation.practice_code
            and deprivation.imd_year <= extract(year from own.month)

),

described as (

    select
        own.month,
        own.practice_code,
        own.list_size,
        editions.imd_score
    from own
    left join editions
        on
            own.month = editions.month
            and own.practice_code = editions.practice_code
            and editions.recency = 1

),

-- of equal size the code decides, so that every build makes the same groups
placed as (

    select
        *,
        row_number() over (partition by month order by list_size, practice_code) as list_place,
        count(*) over (partition by month) as practices,
        row_number() over (
            partition by month, case when imd_score is null then 0 else 1 end order by imd_score, practice_code
        ) as deprivation_place,
        count(imd_score) over (partition by month) as practices_described
    from described

),

banded as (

    select
        placed.*,
        cast(
            floor((placed.list_place - 1) * config.peer_lists / placed.practices) + 1 as integer
        ) as list_band,
        case
            when placed.imd_score is not null
                then
                    cast(
                        floor(
                            (placed.deprivation_place - 1) * config.peer_deprivation / placed.practices_described
                        ) + 1 as integer
                    )
        end as deprivation_band
    from placed
    inner join config on placed.month = config.month

),

final as (

    select
        month,
        practice_code,
        list_size,
        imd_score,
        list_band,
        deprivation_band,
        concat(
            'list ', cast(list_band as string),
            case
                when deprivation_band is not null then concat(', deprivation ', cast(deprivation_band as string)) else
                    ''
            end
        ) as peer_group
    from banded

)

select * from final
