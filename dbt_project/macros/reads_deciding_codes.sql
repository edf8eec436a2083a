{#- Whether a component counts by codes of referral, discharge and treatment, and not every attendance. -#}
{% macro reads_deciding_codes(component_id) -%}
    ({{ component_id }} like 'sus_ae_gp_spec%' or {{ component_id }} like 'sus_op_gp_referred%')
{%- endmacro %}
