{#- First day of a month of a financial year: period 1 is April, 13 (the adjustments) is of March. -#}
{% macro financial_month(financial_year, ledger_period) -%}
    make_date(
        cast(substr({{ financial_year }}, 1, 4) as integer) + case when {{ ledger_period }} > 9 then 1 else 0 end,
        cast(
            case
                when {{ ledger_period }} > 12 then 3
                when {{ ledger_period }} > 9 then {{ ledger_period }} - 9
                else {{ ledger_period }} + 3
            end as integer
        ), 1
    )
{%- endmacro %}

{#- The month so many months after (or before) another one. -#}
{% macro month_plus(month, count) -%}
    make_date(
        cast(
            floor((extract(year from {{ month }}) * 12 + extract(month from {{ month }}) - 1 + {{ count }}) / 12) as integer
        ),
        cast((extract(year from {{ month }}) * 12 + extract(month from {{ month }}) - 1 + {{ count }}) % 12 as integer) + 1,
        1
    )
{%- endmacro %}
