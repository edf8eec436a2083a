{#- Confidence limits of figures of few cases. Wilson for proportions, Byar for counts of events. -#}

{#- One limit (sign -1 or 1) of the share of `numerator` in `denominator`; a numerator beyond it counts as all. -#}
{% macro wilson_limit(numerator, denominator, z, sign) -%}
    (
        (
            2 * least({{ numerator }}, {{ denominator }}) + {{ z }} * {{ z }}
            + ({{ sign }}) * {{ z }} * sqrt(
                {{ z }} * {{ z }} + 4 * least({{ numerator }}, {{ denominator }})
                * (1 - least({{ numerator }}, {{ denominator }}) / {{ denominator }})
            )
        ) / (2 * ({{ denominator }} + {{ z }} * {{ z }}))
    )
{%- endmacro %}

{#- Lower limit of a count of events. -#}
{% macro byar_lower(events, z) -%}
    (
        case
            when {{ events }} > 0
                then {{ events }} * power(1 - 1 / (9 * {{ events }}) - {{ z }} / (3 * sqrt({{ events }})), 3)
            else 0
        end
    )
{%- endmacro %}

{#- Upper limit of a count of events. -#}
{% macro byar_upper(events, z) -%}
    (({{ events }} + 1) * power(1 - 1 / (9 * ({{ events }} + 1)) + {{ z }} / (3 * sqrt({{ events }} + 1)), 3))
{%- endmacro %}
