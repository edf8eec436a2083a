-- One row per month, provider, commissioner and treatment function, and one for their printed total (is_total_row).
-- Incomplete pathways alone (Part_2): the others are not waiting any more, or are among them (Part_2A).
with rtt_waiting_list as (

    select * from {{ source('feed', 'rtt_waiting_list') }}

),

incomplete as (

    select
        month,
        provider_code,
        provider_name,
        commissioner_code,
        commissioner_name,
        replace(treatment_function_code, 'C_', '') as treatment_function_code,
        right(treatment_function_code, 3) = '999' as is_total_row,
        total_all as waiting,
        -- An empty band is one without pathways: the bands sum to the total, which the gate asks.
        {% for week in range(18) -%}
            coalesce({{ weeks_waited(week) }}, 0){{ ' + ' if not loop.last }}
        {%- endfor %} as within_18,
        coalesce(weeks_over_52, 0) + coalesce(weeks_over_104, 0)
        {% for week in range(52, 104) -%}
            + coalesce({{ weeks_waited(week) }}, 0)
        {%- endfor %} as over_52
    from rtt_waiting_list
    where part_type = 'Part_2'

)

select * from incomplete
