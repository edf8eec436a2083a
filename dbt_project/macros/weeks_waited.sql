{#- The column of rtt_waiting_list for pathways of over so many weeks, and up to one more. -#}
{% macro weeks_waited(weeks) -%}
    weeks_{{ '%03d' % weeks }}_{{ '%03d' % (weeks + 1) }}
{%- endmacro %}
