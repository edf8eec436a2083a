{#- What savings schemes claim, and how amounts read in sentences. What the engines spell differently is dispatched by dbt. -#}

{#- The claims of a scheme, separated by semicolons, as a list. -#}
{% macro claim_list(expression) -%}
    {{ return(adapter.dispatch('claim_list')("coalesce(" ~ expression ~ ", '')")) }}
{%- endmacro %}

{% macro default__claim_list(expression) -%}
    string_split({{ expression }}, ';')
{%- endmacro %}

{% macro spark__claim_list(expression) -%}
    split({{ expression }}, ';')
{%- endmacro %}

{#- An amount of money as a sentence says it: GBP 1,234.50. -#}
{% macro money_text(expression) -%}
    {{ return(adapter.dispatch('money_text')(expression)) }}
{%- endmacro %}

{% macro default__money_text(expression) -%}
    format('GBP {:,.2f}', cast({{ expression }} as double))
{%- endmacro %}

{% macro spark__money_text(expression) -%}
    concat('GBP ', format_number({{ expression }}, 2))
{%- endmacro %}
