{#- Texts of a group as one text, in a stated order, separated by commas; nulls are left out. -#}
{% macro joined_text(expression, order_by, separator=', ') -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
