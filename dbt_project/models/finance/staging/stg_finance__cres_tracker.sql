-- One row per savings scheme, or printed total, of each file of a monthly tracker: every version, as received.
with trackers as (

    select * from {{ source('feed', 'cres_tracker') }}

),

normalised as (

    select
        replace(trim(financial_year), '-', '/') as financial_year,
        upper(trim(entity_code)) as entity_code,
        ledger_period,
        tracker_version,
        lower(trim(row_type)) as row_type,
        trim(scheme_id) as scheme_id,
        trim(scheme_name) as scheme_name,
        {% for number in range(1, 13) -%}
            actual_m{{ '%02d' % number }},
        {% endfor -%}
        {% for number in range(1, 13) -%}
            forecast_m{{ '%02d' % number }},
        {% endfor -%}
        forecast_fy,
        recurrent_ytd,
        case
            when lower(trim(rag_delivery)) in ('g', 'green') then 'green'
            when lower(trim(rag_delivery)) in ('a', 'amber') then 'amber'
            when lower(trim(rag_delivery)) in ('r', 'red') then 'red'
        end as rag_delivery,
        nullif(trim(rag_delivery), '') as stated_rag_delivery,
        nullif(trim(mitigation), '') as mitigation,
        mitigation_value,
        updated_on,
        submission_id,
        source_row,
        period,
        received_at
    from trackers

)

select * from normalised
