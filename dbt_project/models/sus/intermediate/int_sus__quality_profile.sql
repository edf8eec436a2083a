-- One row per month, feed, provider and specialty of current rows: what the quality rules count in them.
-- The measures are those of the contracts (`profile`), so that a vintage can be compared with what is in force; only
-- repeated rows are counted here alone, since they may come from several submissions.
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

apcs as (

    select * from {{ ref('stg_sus__apcs') }}

),

apce as (

    select * from {{ ref('stg_sus__apce') }}

),

opa as (

    select * from {{ ref('stg_sus__opa') }}

),

emergency_feeds as (

    select * from {{ ref('int_sus__emergency_feed') }}

),

-- visit: what two rows of one visit have in common; null where the patient is unknown
current_rows as (

    select
        aea.month,
        'sus_aea' as feed,
        aea.provider_code,
        cast(null as string) as treatment_function_code,
        aea.gp_practice_code,
        aea.pds_general_practice_code,
        aea.nhs_number_trace_status,
        aea.sus_hrg_code as hrg,
        true as is_counted,
        false as is_first_episode,
        false as is_diagnosis_coded,
        aea.der_pseudo_nhs_number
        || '|' || cast(aea.arrival_date as string) || '|' || cast(aea.arrival_time as string) as visit
    from aea
    inner join emergency_feeds
        on
            aea.provider_code = emergency_feeds.provider_code
            and aea.month = emergency_feeds.month
            and emergency_feeds.feed = 'aea'
    where {{ only_rebuilt_months('aea.month') }}

    union all

    select
        ec.month,
        'sus_ec' as feed,
        ec.provider_code,
        cast(null as string) as treatment_function_code,
        ec.gp_practice_code,
        ec.pds_general_practice_code,
        ec.nhs_number_trace_status,
        ec.sus_hrg_code as hrg,
        coalesce(ec.der_dupe_flag, 0) = 0 as is_counted,
        false as is_first_episode,
        false as is_diagnosis_coded,
        case
            when coalesce(ec.der_dupe_flag, 0) = 0
                then
                    ec.der_pseudo_nhs_number
                    || '|' || cast(ec.arrival_date as string) || '|' || cast(ec.arrival_time as string)
        end as visit
    from ec
    inner join emergency_feeds
        on
            ec.provider_code = emergency_feeds.provider_code
            and ec.month = emergency_feeds.month
            and emergency_feeds.feed = 'ec'
    where {{ only_rebuilt_months('ec.month') }}

    union all

    select
        month,
        'sus_apcs' as feed,
        provider_code,
        treatment_function_code,
        gp_practice_code,
        pds_general_practice_code,
        nhs_number_trace_status,
        spell_core_hrg as hrg,
        discharge_date is not null as is_counted,
        false as is_first_episode,
        false as is_diagnosis_coded,
        der_pseudo_nhs_number
        || '|' || cast(admission_date as string)
        || '|' || cast(discharge_date as string) || '|' || coalesce(treatment_function_code, '') as visit
    from apcs
    where {{ only_rebuilt_months('month') }}

    union all

    select
        month,
        'sus_apce' as feed,
        provider_code,
        treatment_function_code,
        gp_practice_code,
        pds_general_practice_code,
        nhs_number_trace_status,
        fce_hrg as hrg,
        episode_end_date is not null as is_counted,
        coalesce(episode_number = 1, false) as is_first_episode,
        primary_diagnosis_code is not null as is_diagnosis_coded,
        cast(null as string) as visit
    from apce
    where {{ only_rebuilt_months('month') }}

    union all

    select
        month,
        'sus_opa' as feed,
        provider_code,
        treatment_function_code,
        gp_practice_code,
        pds_general_practice_code,
        nhs_number_trace_status,
        core_hrg as hrg,
        coalesce(attendance_status in ('5', '6') and coalesce(cds_type, '') <> '021', false) as is_counted,
        false as is_first_episode,
        false as is_diagnosis_coded,
        case
            when attendance_status in ('5', '6') and coalesce(cds_type, '') <> '021'
                then
                    der_pseudo_nhs_number
                    || '|' || cast(appointment_date as string)
                    || '|' || coalesce(treatment_function_code, '') || '|' || coalesce(consultant_code, '')
        end as visit
    from opa
    where {{ only_rebuilt_months('month') }}

),

profiled as (

    select
        month,
        feed,
        provider_code,
        coalesce(nullif(treatment_function_code, ''), 'none') as treatment_function_code,
        count(*) as row_count,
        sum(case when is_counted then 1 else 0 end) as counted,
        sum(
            case when gp_practice_code not in ('V81997', 'V81998', 'V81999') then 1 else 0 end
        ) as practice_known,
        sum(
            case
                when coalesce(pds_general_practice_code, gp_practice_code) not in ('V81997', 'V81998', 'V81999') then 1
                else 0
            end
        ) as practice_known_by_pds,
        sum(
            case
                when
                    gp_practice_code not in ('V81997', 'V81998', 'V81999')
                    and pds_general_practice_code not in ('V81997', 'V81998', 'V81999')
                    then 1
                else 0
            end
        ) as both_practices_known,
        sum(
            case
                when
                    gp_practice_code not in ('V81997', 'V81998', 'V81999')
                    and upper(gp_practice_code) = upper(pds_general_practice_code)
                    then 1
                else 0
            end
        ) as practices_agree,
        sum(case when nhs_number_trace_status = '01' then 1 else 0 end) as traced,
        sum(case when hrg like 'U%' then 1 else 0 end) as ungrouped,
        sum(case when is_first_episode then 1 else 0 end) as first_episode,
        sum(case when is_diagnosis_coded then 1 else 0 end) as diagnosis_coded,
        count(visit) - count(distinct visit) as duplicated
    from current_rows
    group by month, feed, provider_code, coalesce(nullif(treatment_function_code, ''), 'none')

),

typed as (

    select
        month,
        feed,
        provider_code,
        treatment_function_code,
        cast(row_count as bigint) as row_count,
        cast(counted as bigint) as counted,
        cast(practice_known as bigint) as practice_known,
        cast(practice_known_by_pds as bigint) as practice_known_by_pds,
        cast(both_practices_known as bigint) as both_practices_known,
        cast(practices_agree as bigint) as practices_agree,
        cast(traced as bigint) as traced,
        cast(ungrouped as bigint) as ungrouped,
        cast(first_episode as bigint) as first_episode,
        cast(diagnosis_coded as bigint) as diagnosis_coded,
        cast(duplicated as bigint) as duplicated
    from profiled

)

select * from typed
