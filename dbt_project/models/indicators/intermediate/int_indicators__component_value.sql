-- One row per component, practice code as in the feed, and month.
with list_components as (

    select * from {{ ref('int_practice__list_component') }}

),

prescribing_components as (

    select * from {{ ref('int_prescribing__practice_component') }}

),

activity_components as (

    select * from {{ ref('int_sus__practice_component') }}

),

counted_components as (

    select * from {{ ref('int_indicators__counted_component') }}
    where org_level = 'practice'

),

loaded as (

    select * from {{ ref('int_indicators__loaded_month') }}

),

incomplete_months as (

    select * from {{ ref('int_indicators__incomplete_month') }}

),

withheld as (

    select * from {{ ref('stg_ledger__withheld') }}

),

register as (

    select * from {{ ref('int_practice__register') }}

),

own_practices as (

    select * from {{ ref('int_practice__membership') }}
    where org_view = 'as_at' and org_type = 'commissioner'

),

all_components as (

    select
        component_id,
        practice_code,
        month,
        dataset,
        value,
        data_month
    from list_components

    union all

    select
        component_id,
        practice_code,
        month,
        dataset,
        value,
        month as data_month
    from prescribing_components

    union all

    select
        component_id,
        practice_code,
        month,
        dataset,
        value,
        data_month
    from activity_components

    union all

    select
        component_id,
        org_code as practice_code,
        month,
        dataset,
        value,
        month as data_month
    from counted_components

),

withheld_practices as (

    select distinct
        dataset,
        month,
        practice_code
    from withheld
    where practice_code is not null

),

judged as (

    select
        all_components.component_id,
        all_components.practice_code,
        all_components.month,
        all_components.dataset,
        all_components.value,
        coalesce(
            loaded.dataset is not null
            and incomplete_months.component_id is null
            and withheld_practices.dataset is null
            -- of a practice of another commissioner our hospital extracts have some
            and not (
                {{ is_hospital_activity('all_components.dataset') }}
                and register.practice_code is not null
                and own_practices.practice_code is null
            ), false
        ) as is_complete,
        all_components.data_month
    from all_components
    left join loaded
        on
            all_components.dataset = loaded.dataset
            and all_components.month = loaded.month
    left join incomplete_months
        on
            all_components.component_id = incomplete_months.component_id
            and all_components.month = incomplete_months.month
    left join withheld_practices
        on
            all_components.dataset = withheld_practices.dataset
            and all_components.month = withheld_practices.month
            and all_components.practice_code = withheld_practices.practice_code
    left join register on all_components.practice_code = register.practice_code
    left join own_practices
        on
            all_components.month = own_practices.month
            and all_components.practice_code = own_practices.practice_code

)

select * from judged
