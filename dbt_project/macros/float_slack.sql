{#- By how much figures may differ and still be the same: a billionth of what they lie around. A mean of equal figures is not always that figure in its last digits. -#}
{% macro float_slack(around) -%}
    1e-9 * greatest(abs({{ around }}), 1)
{%- endmacro %}
