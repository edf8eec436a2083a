{#- What people write for yes or no (Y, Yes, n) as a truth value; null where nothing is written: not known is not no. -#}
{% macro yes_no(expression) -%}
    case upper(left(trim({{ expression }}), 1)) when 'Y' then true when 'N' then false end
{%- endmacro %}
