-- One row per financial year, primary care network of the commissioner and element of its funding.
with rates as (

    select * from {{ ref('pcn_funding_rate') }}

),

practice_months as (

    select * from {{ ref('practice_month') }}

),

members as (

    select
        rates.financial_year,
        rates.element,
        rates.list_kind,
        rates.list_month,
        practice_months.pcn,
        practice_months.practice_code
    from rates
    inner join practice_months on rates.network_month = practice_months.month
    where
        practice_months.pcn is not null
        and {{ is_own('practice_months.commissioner_code') }}

),

networks as (

    select
        members.financial_year,
        members.element,
        members.pcn,
        count(*) as practices,
        count(
            case members.list_kind
                when 'weighted' then lists.carr_hill_weighted_list
                when 'registered' then lists.list_size
            end
        ) as practices_with_list,
        sum(
            case members.list_kind
                when 'weighted' then lists.carr_hill_weighted_list
                when 'registered' then lists.list_size
            end
        ) as list_known
    from members
    left join practice_months as lists
        on
            members.practice_code = lists.practice_code
            and members.list_month = lists.month
    group by members.financial_year, members.element, members.pcn

),

listed as (

    select
        rates.*,
        networks.pcn,
        networks.practices,
        case
            when rates.basis = 'per_patient_year' and networks.practices_with_list = networks.practices
                then cast(networks.list_known as decimal(18, 2))
        end as patients
    from networks
    inner join rates
        on
            networks.financial_year = rates.financial_year
            and networks.element = rates.element

)

select
    cast(financial_year as string) as financial_year,
    cast(pcn as string) as pcn,
    cast(element as string) as element,
    cast(paid_to as string) as paid_to,
    cast(basis as string) as basis,
    cast(rate as decimal(18, 4)) as rate,
    cast(printed_rate as decimal(18, 2)) as printed_rate,
    cast(list_kind as string) as list_kind,
    cast(practices as integer) as practices,
    cast(patients as decimal(18, 2)) as patients,
    cast(first_month as date) as first_month,
    cast(months as integer) as months,
    cast(first_payment as date) as first_payment,
    cast(
        case basis
            when 'per_network' then rate
            -- six decimals first, so that half a penny is one
            else round(cast(cast(patients * rate * months as double) / 12 as decimal(28, 6)), 2)
        end as decimal(18, 2)
    ) as amount,
    cast(
        case when basis = 'per_network' or patients is not null then 'computed' else 'awaiting' end as string
    ) as state,
    cast(
        case
            when basis = 'per_patient_year' and patients is null then 'a practice has no list for the month that counts'
        end as string
    ) as state_reason
from listed
