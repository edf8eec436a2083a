{#- An aggregate of doubles in the order of its values. A sum of doubles depends on the order in which they come, which
is another with every build: the same inputs would give figures that differ in the last digit, and another content
hash. Decimals need none of this. -#}
{% macro in_order(aggregate, expression) -%}
    {{ aggregate }}({{ expression }} order by {{ expression }})
{%- endmacro %}
