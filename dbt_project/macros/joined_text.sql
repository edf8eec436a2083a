{#- Texts of a group as one text, in a stated order, separated by commas; nulls are left out. Dispatched by dbt. -#}
{% macro joined_text(expression, order_by, separator=', ') -%}
    {{ dbt.listagg(expression, "'" ~ separator ~ "'", 'order by ' ~ order_by) }}
{%- endmacro %}
