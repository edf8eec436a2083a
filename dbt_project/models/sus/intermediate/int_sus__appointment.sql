-- One row per outpatient appointment that took place: attended, first or follow-up, no private patient.
-- practice_code is null where no practice is known.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months() }}"
) }}

with opa as (

    select * from {{ ref('stg_sus__opa') }}

),

attributions as (

    select * from {{ ref('int_sus__attribution') }}

),

code_sets as (

    select * from {{ ref('sus_code_set') }}

),

dummies as (

    select * from {{ ref('dummy_practice') }}

),

sets as (

    select
        array_agg(code) filter (where set_name = 'private_category') as private_categories,
        array_agg(code) filter (where set_name = 'op_attended') as attended,
        array_agg(code) filter (where set_name = 'op_first') as firsts,
        array_agg(code) filter (where set_name in ('op_first', 'op_follow_up')) as firsts_and_follow_ups,
        array_agg(code) filter (where set_name = 'op_gp_referral') as gp_referrals,
        array_agg(code) filter (where set_name = 'op_dental_referral') as dental_referrals,
        array_agg(code) filter (where set_name = 'op_consultant_prefix') as consultant_prefixes,
        array_agg(code) filter (
            where set_name in ('op_consultant_prefix', 'op_other_professional_prefix')
        ) as professional_prefixes,
        array_agg(code) filter (where set_name = 'op_not_consultant_specialty') as not_consultant_specialties,
        array_agg(code) filter (where set_name = 'op_future_cds_type') as future_cds_types
    from code_sets
    where version = '2017-18'

),

attended as (

    select
        opa.month,
        opa.provider_code,
        upper(
            case
                when attributions.attribution = 'pds' then coalesce(opa.pds_general_practice_code, opa.gp_practice_code)
                else opa.gp_practice_code
            end
        ) as attributed_practice_code,
        opa.treatment_function_code,
        array_contains(sets.firsts, opa.first_attendance) as is_first,
        coalesce(array_contains(sets.gp_referrals, opa.opa_referral_source), false) as is_gp_referred,
        coalesce(array_contains(sets.dental_referrals, opa.opa_referral_source), false) as is_dental_referred,
        coalesce(array_contains(sets.consultant_prefixes, left(upper(opa.consultant_code), 1)), false)
        and not coalesce(array_contains(sets.not_consultant_specialties, opa.main_specialty_code), false)
            as is_consultant_led,
        -- of firsts that a practice may have referred: whether the source, or who led it, was not sent
        case
            when
                array_contains(sets.firsts, opa.first_attendance)
                and (
                    opa.opa_referral_source is null or array_contains(sets.gp_referrals, opa.opa_referral_source)
                )
                then
                    opa.opa_referral_source is null
                    or not coalesce(
                        array_contains(sets.professional_prefixes, left(upper(opa.consultant_code), 1)), false
                    )
        end as is_undecided,
        {{ sus_cost() }} as cost,
        opa.submission_id,
        opa.source_row
    from opa
    cross join sets
    left join attributions on opa.month = attributions.month
    where
        {{ only_rebuilt_months('opa.month') }}
        and array_contains(sets.attended, opa.attendance_status)
        and array_contains(sets.firsts_and_follow_ups, opa.first_attendance)
        and not coalesce(array_contains(sets.future_cds_types, opa.cds_type), false)
        and not coalesce(array_contains(sets.private_categories, opa.administrative_category), false)

),

final as (

    select
        attended.month,
        attended.provider_code,
        case when dummies.practice_code is null then attended.attributed_practice_code end as practice_code,
        attended.treatment_function_code,
        attended.is_first,
        attended.is_gp_referred,
        attended.is_dental_referred,
        attended.is_consultant_led,
        attended.is_undecided,
        cast(attended.cost as decimal(18, 2)) as cost,
        attended.submission_id,
        attended.source_row
    from attended
    left join dummies on attended.attributed_practice_code = dummies.practice_code

)

select * from final
