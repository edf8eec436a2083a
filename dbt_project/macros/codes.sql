{#-
    Lists of clinical codes. Codes are compared in one spelling: upper case, without dots, dashes and blanks.
-#}

{#- A code, or a list of codes, in that spelling. -#}
{% macro normalised_code(expression) -%}
    upper(replace(replace(replace({{ expression }}, '.', ''), '-', ''), ' ', ''))
{%- endmacro %}

{#- Whether a code begins with a prefix, both in that spelling; an empty prefix is the beginning of nothing. -#}
{% macro code_has_prefix(code, prefix) -%}
    ({{ prefix }} <> '' and {{ code }} like concat({{ prefix }}, '%'))
{%- endmacro %}

{#- The codes of a list separated by commas, in which || opens an episode; empty ones are left out. -#}
{% macro code_list(expression) -%}
    {%- set codes = normalised_code("replace(coalesce(" ~ expression ~ ", ''), '||', ',')") -%}
    list_filter(string_split({{ codes }}, ','), lambda code: code <> '')
{%- endmacro %}

{#- Columns that hold one code each, as one list: of every code only its first characters. -#}
{% macro code_list_of_columns(stem, count, characters) -%}
    {% set cut = [] %}
    {% for number in range(1, count + 1) %}
        {% do cut.append("left(" ~ stem ~ "_" ~ "%02d" % number ~ ", " ~ characters ~ ")") %}
    {% endfor %}
    {{- code_list("concat_ws(',', " ~ cut | join(", ") ~ ")") -}}
{%- endmacro %}

{#- Whether two lists share a code. -#}
{% macro lists_overlap(first, second) -%}
    coalesce(list_has_any({{ first }}, {{ second }}), false)
{%- endmacro %}

{#- Whether every code of a list is in another one. -#}
{% macro list_is_within(codes, allowed) -%}
    coalesce(list_has_all({{ allowed }}, {{ codes }}), false)
{%- endmacro %}

{#- The first code of a list; null where there is none. -#}
{% macro first_code(codes) -%}
    list_extract({{ codes }}, 1)
{%- endmacro %}

{#- The code at the first position of the first episode of a list in which || opens one; null where that is blank. -#}
{% macro first_episode_code(expression) -%}
    {%- set list = normalised_code(expression) -%}
    nullif(
        split_part(
            split_part(case when {{ list }} like '||%' then substring({{ list }}, 3) else {{ list }} end, '||', 1), ',', 1
        ), ''
    )
{%- endmacro %}

{#- One row per code of a list, in a select. -#}
{% macro each_code(codes) -%}
    unnest({{ codes }})
{%- endmacro %}
