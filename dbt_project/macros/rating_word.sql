{#- A rating in one spelling, whatever its capitals: Requires improvement. Null where there is none. -#}
{% macro rating_word(expression) -%}
    upper(left(trim({{ expression }}), 1)) || lower(substring(trim({{ expression }}), 2))
{%- endmacro %}
