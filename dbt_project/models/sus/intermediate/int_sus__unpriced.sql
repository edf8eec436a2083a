-- One row per activity dataset, provider and month of which no record has a price, where the provider has priced ones
-- in other months or nobody has any: what it cost is not known, which is not nothing. A provider that never has a price
-- beside others that have one is paid in another way, and costs nothing here.
with attendances as (

    select * from {{ ref('int_sus__attendance') }}

),

spells as (

    select * from {{ ref('int_sus__spell') }}

),

appointments as (

    select * from {{ ref('int_sus__appointment') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}
    where issue = 'sus_unpriced'

),

records as (

    select
        'sus_ae' as dataset,
        provider_code,
        month,
        cost
    from attendances

    union all

    select
        'sus_apc' as dataset,
        provider_code,
        month,
        cost
    from spells

    union all

    select
        'sus_op' as dataset,
        provider_code,
        month,
        cost
    from appointments

),

counted as (

    select
        dataset,
        provider_code,
        month,
        count(*) as record_count,
        count(case when cost <> 0 then 1 end) as priced_count
    from records
    group by dataset, provider_code, month

),

compared as (

    select
        *,
        sum(priced_count) over (partition by dataset, provider_code) as priced_of_provider,
        sum(priced_count) over (partition by dataset, month) as priced_of_month
    from counted

),

unpriced as (

    select
        compared.dataset,
        compared.provider_code,
        compared.month,
        'no record has a price' as reason
    from compared
    inner join rules on compared.record_count >= rules.minimum_count
    where
        compared.priced_count = 0
        and (compared.priced_of_provider > 0 or compared.priced_of_month = 0)

)

select * from unpriced
