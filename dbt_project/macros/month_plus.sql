{#- First day of the month so many months after (or before) another one. -#}
{% macro month_plus(month, count) -%}
    {%- set index = "(extract(year from " ~ month ~ ") * 12 + extract(month from " ~ month ~ ") - 1 + " ~ count ~ ")" -%}
    make_date(cast(floor({{ index }} / 12) as integer), cast({{ index }} % 12 as integer) + 1, 1)
{%- endmacro %}
