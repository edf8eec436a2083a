-- One row per emergency attendance that counts: of the feed in force for its provider and month, no private patient, no
-- known duplicate. practice_code is null where no practice is known.
{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='month',
    on_schema_change='fail',
    pre_hook="{{ forget_rebuilt_months() }}"
) }}

with aea as (

    select * from {{ ref('stg_sus__aea') }}

),

ec as (

    select * from {{ ref('stg_sus__ec') }}

),

feeds as (

    select * from {{ ref('int_sus__emergency_feed') }}

),

attributions as (

    select * from {{ ref('int_sus__attribution') }}

),

code_sets as (

    select * from {{ ref('sus_code_set') }}

),

bank_holidays as (

    select * from {{ ref('bank_holiday') }}

),

dummies as (

    select * from {{ ref('dummy_practice') }}

),

sets as (

    select
        array_agg(code) filter (where set_name = 'private_category') as private_categories,
        array_agg(code) filter (where set_name = 'aea_department_type') as aea_department_types,
        array_agg(code) filter (where set_name = 'aea_attendance_category') as aea_attendance_categories,
        array_agg(code) filter (where set_name = 'aea_referral_source') as aea_referral_sources,
        array_agg(code) filter (where set_name = 'aea_arrival_mode') as aea_arrival_modes,
        array_agg(code) filter (where set_name = 'aea_attendance_disposal') as aea_disposals,
        array_agg(code) filter (where set_name = 'aea_no_investigation') as aea_no_investigations,
        array_agg(code) filter (
            where set_name in ('aea_no_investigation', 'aea_minor_investigation')
        ) as aea_minor_investigations,
        array_agg(code) filter (where set_name = 'aea_advice_or_prescription') as aea_advice,
        array_agg(code) filter (
            where set_name in ('aea_advice_or_prescription', 'aea_no_treatment')
        ) as aea_advice_or_none,
        array_agg(code) filter (where set_name = 'ec_department_type') as ec_department_types,
        array_agg(code) filter (where set_name = 'ec_attendance_category') as ec_attendance_categories,
        array_agg(code) filter (where set_name = 'ec_attendance_source') as ec_attendance_sources,
        array_agg(code) filter (where set_name = 'ec_arrival_mode') as ec_arrival_modes,
        array_agg(code) filter (where set_name = 'ec_discharge_follow_up') as ec_follow_ups,
        array_agg(code) filter (where set_name = 'ec_no_investigation') as ec_no_investigations,
        array_agg(code) filter (
            where set_name in ('ec_no_investigation', 'ec_minor_investigation')
        ) as ec_minor_investigations,
        array_agg(code) filter (where set_name = 'ec_advice_or_prescription') as ec_advice,
        array_agg(code) filter (
            where set_name in ('ec_advice_or_prescription', 'ec_no_treatment')
        ) as ec_advice_or_none
    from code_sets
    where version = '2017-18'

),

-- investigations and treatments carry a sub-analysis behind their first two characters
aea_coded as (

    select
        'aea' as feed,
        aea.month,
        aea.provider_code,
        aea.gp_practice_code,
        aea.pds_general_practice_code,
        aea.administrative_category,
        aea.arrival_date,
        aea.arrival_time,
        false as is_known_duplicate,
        array_contains(sets.aea_department_types, aea.aea_department_type)
        and array_contains(sets.aea_attendance_categories, aea.aea_attendance_category)
        and array_contains(sets.aea_referral_sources, aea.aea_referral_source)
        and array_contains(sets.aea_arrival_modes, aea.aea_arrival_mode)
        and array_contains(sets.aea_disposals, aea.aea_attendance_disposal) as is_minor,
        coalesce(array_contains(sets.aea_department_types, aea.aea_department_type), true)
        and coalesce(array_contains(sets.aea_attendance_categories, aea.aea_attendance_category), true) as may_be_minor,
        aea.aea_department_type is null
        or aea.aea_attendance_category is null
        or aea.aea_referral_source is null
        or aea.aea_arrival_mode is null
        or aea.aea_attendance_disposal is null as lacks_codes,
        {{ code_list_of_columns('aea.aea_investigation', 24, 2) }} as investigations,
        {{ code_list_of_columns('aea.aea_treatment', 24, 2) }} as treatments,
        sets.aea_no_investigations as no_investigations,
        sets.aea_minor_investigations as minor_investigations,
        sets.aea_advice as advice,
        sets.aea_advice_or_none as advice_or_none,
        {{ sus_cost() }} as cost,
        aea.submission_id,
        aea.source_row
    from aea
    cross join sets
    where {{ only_rebuilt_months('aea.month') }}

),

ec_coded as (

    select
        'ec' as feed,
        ec.month,
        ec.provider_code,
        ec.gp_practice_code,
        ec.pds_general_practice_code,
        ec.administrative_category,
        ec.arrival_date,
        ec.arrival_time,
        coalesce(ec.der_dupe_flag, 0) <> 0 as is_known_duplicate,
        array_contains(sets.ec_department_types, ec.ec_department_type)
        and array_contains(sets.ec_attendance_categories, ec.ec_attendancecategory)
        and array_contains(sets.ec_attendance_sources, ec.ec_attendance_source_snomed_ct)
        and array_contains(sets.ec_arrival_modes, ec.ec_arrival_mode_snomed_ct)
        and array_contains(sets.ec_follow_ups, ec.discharge_follow_up_snomed_ct) as is_minor,
        coalesce(array_contains(sets.ec_department_types, ec.ec_department_type), true)
        and coalesce(array_contains(sets.ec_attendance_categories, ec.ec_attendancecategory), true) as may_be_minor,
        ec.ec_department_type is null
        or ec.ec_attendancecategory is null
        or ec.ec_attendance_source_snomed_ct is null
        or ec.ec_arrival_mode_snomed_ct is null
        or ec.discharge_follow_up_snomed_ct is null as lacks_codes,
        {{ code_list('ec.der_ec_investigation_all') }} as investigations,
        {{ code_list('ec.der_ec_treatment_all') }} as treatments,
        sets.ec_no_investigations as no_investigations,
        sets.ec_minor_investigations as minor_investigations,
        sets.ec_advice as advice,
        sets.ec_advice_or_none as advice_or_none,
        {{ sus_cost() }} as cost,
        ec.submission_id,
        ec.source_row
    from ec
    cross join sets
    where {{ only_rebuilt_months('ec.month') }}

),

coded as (

    select * from aea_coded
    union all
    select * from ec_coded

),

counted as (

    select
        coded.*,
        upper(
            case
                when attributions.attribution = 'pds'
                    then coalesce(coded.pds_general_practice_code, coded.gp_practice_code)
                else coded.gp_practice_code
            end
        ) as attributed_practice_code,
        -- Monday to Friday: days since a Monday; an unknown time is not in hours
        coalesce(
            {{ days_between('make_date(1900, 1, 1)', 'coded.arrival_date') }} % 7 < 5
            and bank_holidays.day is null
            and left(cast(coded.arrival_time as string), 5) >= '08:00'
            and left(cast(coded.arrival_time as string), 5) < '18:30', false
        ) as is_in_hours,
        coded.is_minor
        and {{ lists_overlap('coded.treatments', 'coded.advice') }}
        and {{ list_is_within('coded.treatments', 'coded.advice_or_none') }} as is_advice_only
    from coded
    inner join feeds
        on
            coded.provider_code = feeds.provider_code
            and coded.month = feeds.month
            and coded.feed = feeds.feed
    cross join sets
    left join attributions on coded.month = attributions.month
    left join bank_holidays on coded.arrival_date = bank_holidays.day
    where
        not coded.is_known_duplicate
        and not coalesce(array_contains(sets.private_categories, coded.administrative_category), false)

),

final as (

    select
        counted.feed,
        counted.month,
        counted.provider_code,
        case when dummies.practice_code is null then counted.attributed_practice_code end as practice_code,
        counted.arrival_date,
        coalesce(
            counted.is_in_hours
            and counted.is_advice_only
            and {{ list_is_within('counted.investigations', 'counted.no_investigations') }}, false
        ) as is_gp_spec,
        coalesce(
            counted.is_in_hours
            and counted.is_advice_only
            and {{ list_is_within('counted.investigations', 'counted.minor_investigations') }}, false
        ) as is_gp_spec_wide,
        -- of first attendances at a major department: whether some code that decides was not sent
        case
            when counted.may_be_minor then counted.lacks_codes or {{ first_code('counted.treatments') }} is null
        end as is_undecided,
        cast(counted.cost as decimal(18, 2)) as cost,
        counted.submission_id,
        counted.source_row
    from counted
    left join dummies on counted.attributed_practice_code = dummies.practice_code

)

select * from final
