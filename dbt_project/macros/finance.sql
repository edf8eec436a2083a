{#- What the finance models share: sums that know what is missing, months of ledger periods, figures in words. -#}

{#- The sum of a group; null where a row lacks the figure: missing is not zero. -#}
{% macro whole_sum(expression) -%}
    case when count(*) = count({{ expression }}) then sum({{ expression }}) end
{%- endmacro %}

{#- First day of the month of a ledger period; 13, the adjustments after year end, is of March. -#}
{% macro ledger_month(financial_year, ledger_period) -%}
    make_date(
        cast(substr({{ financial_year }}, 1, 4) as integer) + case when {{ ledger_period }} > 9 then 1 else 0 end,
        case
            when {{ ledger_period }} > 9 then least(cast({{ ledger_period }} as integer), 12) - 9
            else cast({{ ledger_period }} as integer) + 3
        end,
        1
    )
{%- endmacro %}

{#- One part of an ISFE coding string, whatever separates them; null where it has none. -#}
{% macro coding_part(coding_string, number) -%}
    nullif(trim(split_part(translate({{ coding_string }}, '/-|', '...'), '.', {{ number }})), '')
{%- endmacro %}

{#- Whole pounds in words: GBP 580,349. -#}
{% macro pounds(amount) -%}
    concat('GBP ', format('{:,}', cast(round({{ amount }}, 0) as bigint)))
{%- endmacro %}

{#- A decimal as text without the zeros that its type adds. -#}
{% macro plain_figure(amount) -%}
    trim(trailing '.' from trim(trailing '0' from cast({{ amount }} as string)))
{%- endmacro %}
