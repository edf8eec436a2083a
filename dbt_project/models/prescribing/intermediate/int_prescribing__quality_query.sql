-- One row per question that prescribing raises, alone or against the register.
with practice_totals as (

    select * from {{ ref('int_prescribing__practice_total') }}

),

prescribing_components as (

    select * from {{ ref('int_prescribing__practice_component') }}

),

bnf_code_map as (

    select * from {{ ref('int_prescribing__bnf_code_map') }}

),

bnf_code_changes as (

    select * from {{ ref('stg_prescribing__bnf_code_changes') }}

),

register as (

    select * from {{ ref('int_practice__register') }}

),

code_map as (

    select * from {{ ref('int_practice__code_map') }}

),

dummies as (

    select * from {{ ref('dummy_practice') }}

),

components as (

    select * from {{ ref('component_definition') }}

),

rules as (

    select * from {{ ref('data_quality_rule') }}

),

split_bnf_codes as (

    select
        old_code,
        effective_from,
        count(*) as new_code_count
    from bnf_code_changes
    group by old_code, effective_from
    having count(*) > 1

),

cyclic_bnf_codes as (

    select distinct bnf_code
    from bnf_code_map
    where is_cycle

),

reconciled as (

    select
        epact2_values.practice_code,
        epact2_values.month,
        epact2_values.component_id,
        epact2_values.value_all_ages as epact2_value,
        coalesce(epd_values.value, 0) as epd_value
    from prescribing_components as epact2_values
    inner join components on epact2_values.component_id = components.component_id
    inner join prescribing_components as epd_values
        on
            components.reconciles_with = epd_values.component_id
            and epact2_values.practice_code = epd_values.practice_code
            and epact2_values.month = epd_values.month

),

unknown_practice as (

    select
        'unknown_practice' as issue,
        practice_totals.dataset as feed,
        practice_totals.practice_code,
        practice_totals.month,
        '' as subject,
        cast(practice_totals.items as double) as amount,
        'Not in the register of GP practices' as detail
    from practice_totals
    left join register on practice_totals.practice_code = register.practice_code
    left join dummies on practice_totals.practice_code = dummies.practice_code
    where
        register.practice_code is null
        and dummies.practice_code is null

),

unidentified_prescriber as (

    select
        'unidentified_prescriber' as issue,
        practice_totals.dataset as feed,
        practice_totals.practice_code,
        practice_totals.month,
        '' as subject,
        cast(
            case
                when dummies.practice_code is not null then practice_totals.items
                else practice_totals.unidentified_items
            end as double
        ) as amount,
        coalesce(dummies.meaning, 'Marked as unidentified in the feed') as detail
    from practice_totals
    left join dummies on practice_totals.practice_code = dummies.practice_code
    where
        dummies.practice_code is not null
        or practice_totals.unidentified_items <> 0

),

closed_practice_dispensing as (

    select
        'closed_practice_dispensing' as issue,
        practice_totals.dataset as feed,
        practice_totals.practice_code,
        practice_totals.month,
        '' as subject,
        cast(practice_totals.items as double) as amount,
        concat(
            'Closed on ', cast(register.close_date as string),
            case
                when code_map.mapped_practice_code is not null
                    then concat('; counted under ', code_map.mapped_practice_code)
                else '; no successor known'
            end
        ) as detail
    from practice_totals
    inner join register on practice_totals.practice_code = register.practice_code
    left join code_map
        on
            practice_totals.practice_code = code_map.practice_code
            and practice_totals.month = code_map.month
            and code_map.org_view = 'as_at'
    where register.close_date < practice_totals.month

),

conflicting_bnf_change as (

    select
        'conflicting_bnf_change' as issue,
        'bnf_code_changes' as feed,
        cast(null as string) as practice_code,
        effective_from as month,
        old_code as subject,
        cast(new_code_count as double) as amount,
        concat('Several new codes for ', old_code) as detail
    from split_bnf_codes

    union all

    select
        'conflicting_bnf_change' as issue,
        'bnf_code_changes' as feed,
        cast(null as string) as practice_code,
        cast(null as date) as month,
        bnf_code as subject,
        cast(1 as double) as amount,
        concat('The changes of ', bnf_code, ' return to itself') as detail
    from cyclic_bnf_codes

),

epact2_differs_from_epd as (

    select
        'epact2_differs_from_epd' as issue,
        'epact2_age_band' as feed,
        reconciled.practice_code,
        reconciled.month,
        reconciled.component_id as subject,
        cast(reconciled.epact2_value - reconciled.epd_value as double) as amount,
        concat(
            reconciled.component_id, ': ', cast(cast(reconciled.epact2_value as bigint) as string), ' in ePACT2, ',
            cast(cast(reconciled.epd_value as bigint) as string), ' in the English Prescribing Dataset'
        ) as detail
    from reconciled
    inner join rules on rules.issue = 'epact2_differs_from_epd'
    where
        abs(cast(reconciled.epact2_value - reconciled.epd_value as double))
        > cast(rules.threshold as double) * abs(cast(reconciled.epd_value as double))

),

unknown_age_band as (

    select
        'unknown_age_band' as issue,
        dataset as feed,
        practice_code,
        month,
        '' as subject,
        cast(unknown_band_items as double) as amount,
        'Age band that the definitions do not know' as detail
    from practice_totals
    where unknown_band_items <> 0

),

queries as (

    select * from unknown_practice
    union all
    select * from unidentified_prescriber
    union all
    select * from closed_practice_dispensing
    union all
    select * from conflicting_bnf_change
    union all
    select * from epact2_differs_from_epd
    union all
    select * from unknown_age_band

)

select * from queries
