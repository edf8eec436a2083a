{#- Whether a dataset is hospital activity (SUS): a commissioner's extract brings the patients of its own practices alone. -#}
{% macro is_hospital_activity(dataset) -%}
    {{ dataset }} in ('sus_ae', 'sus_apc', 'sus_op')
{%- endmacro %}
