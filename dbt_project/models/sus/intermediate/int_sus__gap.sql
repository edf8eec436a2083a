-- One row per activity dataset, expected provider and month without a submission in force, of the months in which the
-- dataset is loaded at all.
with scopes as (

    select * from {{ ref('stg_sus__scope') }}

),

data_months as (

    select * from {{ ref('int_sus__data_month') }}

),

calendar as (

    select * from {{ ref('int_practice__calendar') }}

),

providers as (

    select * from {{ ref('sus_provider') }}

),

expected as (

    select distinct
        data_months.dataset,
        providers.provider_code,
        data_months.month
    from data_months
    inner join calendar on data_months.month = calendar.month
    inner join providers
        on
            data_months.dataset = providers.dataset
            and calendar.period_end >= coalesce(providers.valid_from, make_date(1900, 1, 1))
            and calendar.month <= coalesce(providers.valid_to, make_date(9999, 12, 31))
    where
        data_months.is_loaded
        and {{ is_own('providers.commissioner_code') }}

),

-- one of the two emergency feeds will do; admissions need spells and episodes
received as (

    select
        provider_code,
        month,
        max(case when dataset in ('sus_aea', 'sus_ec') then 1 else 0 end) = 1 as has_emergency,
        max(case when dataset = 'sus_apcs' then 1 else 0 end) = 1 as has_spells,
        max(case when dataset = 'sus_apce' then 1 else 0 end) = 1 as has_episodes,
        max(case when dataset = 'sus_opa' then 1 else 0 end) = 1 as has_appointments
    from scopes
    where is_in_force
    group by provider_code, month

),

missing as (

    select
        expected.dataset,
        expected.provider_code,
        cast(null as string) as treatment_function_code,
        expected.month,
        'missing' as cause,
        case
            when expected.dataset <> 'sus_apc' then 'no submission'
            when received.has_spells then 'no submission of episodes'
            when received.has_episodes then 'no submission of spells'
            else 'no submission'
        end as reason
    from expected
    left join received
        on
            expected.provider_code = received.provider_code
            and expected.month = received.month
    where
        not coalesce(
            case expected.dataset
                when 'sus_ae' then received.has_emergency
                when 'sus_apc' then received.has_spells and received.has_episodes
                when 'sus_op' then received.has_appointments
            end, false
        )

)

select * from missing
