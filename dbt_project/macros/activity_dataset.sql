{#- The activity dataset (sus_ae, sus_apc, sus_op) that a feed of hospital activity is part of; any other feed is its own. -#}
{% macro activity_dataset(dataset) -%}
    case
        when {{ dataset }} in ('sus_aea', 'sus_ec') then 'sus_ae'
        when {{ dataset }} in ('sus_apcs', 'sus_apce') then 'sus_apc'
        when {{ dataset }} = 'sus_opa' then 'sus_op'
        else {{ dataset }}
    end
{%- endmacro %}
