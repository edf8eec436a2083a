-- One row per activity dataset, provider, specialty (empty: all), measure, month and other month within two years: what
-- is in force in the other month. A provider that has taken over others is compared with all of them together; a month
-- before that with no month after it.
with observations as (

    select * from {{ ref('int_sus__quality_observation') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

successors as (

    select * from {{ ref('provider_successor') }}

),

indexed as (

    select
        observations.*,
        calendar.month_index
    from observations
    inner join calendar on observations.month = calendar.month

),

-- of a succession within a month the next one is the first that the successor has to itself
mergers as (

    select
        successor_code as provider_code,
        provider_code as predecessor_code,
        year(effective_date) * 12 + month(effective_date) - 1
        + case when day(effective_date) > 1 then 1 else 0 end as first_month_index
    from successors

),

provider_months as (

    select distinct
        provider_code,
        month_index
    from indexed

),

-- era: since when the provider has been made up as it was in the month; 0 where it took over nobody
eras as (

    select
        provider_months.provider_code,
        provider_months.month_index,
        coalesce(max(mergers.first_month_index), 0) as era
    from provider_months
    left join mergers
        on
            provider_months.provider_code = mergers.provider_code
            and provider_months.month_index >= mergers.first_month_index
    group by provider_months.provider_code, provider_months.month_index

),

members as (

    select distinct
        provider_code,
        era,
        provider_code as member_code,
        cast(null as integer) as until_month_index
    from eras

    union

    select
        eras.provider_code,
        eras.era,
        mergers.predecessor_code as member_code,
        mergers.first_month_index as until_month_index
    from eras
    inner join mergers
        on
            eras.provider_code = mergers.provider_code
            and eras.era >= mergers.first_month_index

),

pooled as (

    select
        members.provider_code,
        members.era,
        indexed.dataset,
        indexed.treatment_function_code,
        indexed.measure,
        indexed.month_index,
        sum(indexed.bad) as bad,
        sum(indexed.judged) as judged
    from members
    inner join indexed
        on
            members.member_code = indexed.provider_code
            and indexed.vintage_id is null
            and indexed.month_index < coalesce(members.until_month_index, indexed.month_index + 1)
    inner join eras as member_eras
        on
            indexed.provider_code = member_eras.provider_code
            and indexed.month_index = member_eras.month_index
            and members.era >= member_eras.era
    group by
        members.provider_code, members.era, indexed.dataset, indexed.treatment_function_code, indexed.measure,
        indexed.month_index

),

others as (

    select
        provider_code,
        era,
        dataset,
        treatment_function_code,
        measure,
        month_index,
        case
            when measure = 'volume' then cast(bad as double)
            else cast(bad as double) / nullif(cast(judged as double), 0)
        end as seen
    from pooled

),

compared_months as (

    select distinct
        indexed.dataset,
        indexed.provider_code,
        indexed.treatment_function_code,
        indexed.measure,
        indexed.month_index,
        eras.era
    from indexed
    inner join eras
        on
            indexed.provider_code = eras.provider_code
            and indexed.month_index = eras.month_index

),

history as (

    select
        compared_months.dataset,
        compared_months.provider_code,
        compared_months.treatment_function_code,
        compared_months.measure,
        compared_months.month_index,
        others.month_index as other_month_index,
        others.seen
    from compared_months
    inner join others
        on
            compared_months.dataset = others.dataset
            and compared_months.provider_code = others.provider_code
            and compared_months.era = others.era
            and compared_months.treatment_function_code = others.treatment_function_code
            and compared_months.measure = others.measure
            and others.seen is not null
            and compared_months.month_index <> others.month_index
            and compared_months.month_index >= others.month_index - 24
            and compared_months.month_index <= others.month_index + 24

)

select * from history
