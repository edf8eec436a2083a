{#- Schemas are named as declared (staging, intermediate, main, definitions), without the profile schema before. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
