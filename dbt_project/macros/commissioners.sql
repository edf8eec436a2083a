{# Var `commissioner`: the ODS code for which the build is, or several (03W,04C,04V), or several and the code of the
   roll-up of all of them (LLR=03W,04C,04V). `pcw.commissioners` checks the text; here it is only taken apart. #}

{% macro own_codes() -%}
    {%- if var('commissioner') is none -%}
        {{- exceptions.raise_compiler_error("Required var 'commissioner' not found: for whom is the build?") -}}
    {%- endif -%}
    {{- return(var('commissioner').split('=')[-1].split(',')) -}}
{%- endmacro %}

{# Whether a code is that of a commissioner for whom the build is. #}
{% macro is_own(column) -%}
    {{ column }} in ({% for code in own_codes() %}'{{ code }}'{{ '' if loop.last else ', ' }}{% endfor %})
{%- endmacro %}

{# One row per commissioner for whom the build is: own_commissioners (entity_code). #}
{% macro own_commissioners() -%}
    (values {% for code in own_codes() %}('{{ code }}'){{ '' if loop.last else ', ' }}{% endfor %})
    as own_commissioners (entity_code)
{%- endmacro %}

{# The commissioner where there is one only, else null: what names no commissioner is of the only one. #}
{% macro only_own_code() -%}
    {% if own_codes() | length == 1 %}'{{ own_codes()[0] }}'{% else %}cast(null as string){% endif %}
{%- endmacro %}

{# A code for the subject of a question where there are several commissioners, else null: of one it goes without
   saying. #}
{% macro code_among_several(column) -%}
    {% if own_codes() | length == 1 %}cast(null as string){% else %}{{ column }}{% endif %}
{%- endmacro %}

{# Code of the roll-up of all own commissioners as a text, empty where none is wanted. #}
{% macro code_of_all() -%}
    '{{ var('commissioner').split('=')[0] if '=' in var('commissioner') else '' }}'
{%- endmacro %}
