{#- Words, months and lists of savings schemes. What the engines spell differently is dispatched by dbt. -#}

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

{#- First day of a ledger period of a financial year: period 1 of 2019/20 is April 2019, period 12 March 2020. -#}
{% macro month_of_period(financial_year, ledger_period) -%}
    make_date(
        cast(substr({{ financial_year }}, 1, 4) as integer) + case when {{ ledger_period }} > 9 then 1 else 0 end,
        cast({{ ledger_period }} + case when {{ ledger_period }} > 9 then -9 else 3 end as integer),
        1
    )
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
