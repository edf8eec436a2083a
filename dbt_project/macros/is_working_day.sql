{#- Whether a day is Monday to Friday and no bank holiday; `holiday` is the day of the seed bank_holiday joined to it. -#}
{% macro is_working_day(day, holiday) -%}
    ({{ days_between('make_date(1900, 1, 1)', day) }} % 7 < 5 and {{ holiday }} is null)
{%- endmacro %}
