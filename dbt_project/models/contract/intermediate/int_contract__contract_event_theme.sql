-- One row per event and theme that it raised.
with log as (

    select * from {{ ref('stg_contract__contract_event') }}

),

themes as (

    select * from {{ ref('visit_theme') }}

),

raised as (

    select
        event_id,
        practice_code,
        event_type,
        occurred_on,
        {{ each_code(code_list('themes')) }} as theme_code
    from log

),

named as (

    select distinct
        raised.event_id,
        raised.practice_code,
        raised.event_type,
        raised.occurred_on,
        raised.theme_code,
        themes.name as theme_name,
        themes.theme_order
    from raised
    left join themes on raised.theme_code = themes.theme_code

)

select * from named
