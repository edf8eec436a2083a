{#- Words, months and lists of savings schemes. -#}

{#- The claims of a scheme, separated by semicolons, as a list. -#}
{% macro claim_list(expression) -%}
    string_split(coalesce({{ expression }}, ''), ';')
{%- endmacro %}

{#- An amount of money as a sentence says it: GBP 1,234.50. -#}
{% macro money_text(expression) -%}
    format('GBP {:,.2f}', cast({{ expression }} as double))
{%- endmacro %}

{#- The same, where it may not be known. -#}
{% macro money_or_unknown(expression) -%}
    coalesce({{ money_text(expression) }}, 'not known')
{%- endmacro %}

{#- Words after a sum that some schemes have no part in: " (of 14 of 15 schemes)"; nothing where all or none have. -#}
{% macro of_some_schemes(known, expected) -%}
    case
        when {{ known }} between 1 and {{ expected }} - 1
            then concat(' (of ', cast({{ known }} as string), ' of ', cast({{ expected }} as string), ' schemes)')
        else ''
    end
{%- endmacro %}
